import type { CollectorSettings } from '../../api/component-spec.ts';
import { PORT } from '../../api/names.ts';
import { MESSAGE_MIB } from './collector-common.ts';

export const TLS_DIRECTORY = '/etc/duotel/tls';
export const AUTH_DIRECTORY = '/etc/duotel/auth';

const AUTHENTICATOR = 'bearertokenauth';

/** The OTLP ports that workloads send to, with the certificate and the token that the stack asks for. */
export function otlpReceiver({ tls, auth }: CollectorSettings): object {
  const security = {
    ...(tls !== undefined && {
      tls: {
        cert_file: `${TLS_DIRECTORY}/tls.crt`,
        key_file: `${TLS_DIRECTORY}/tls.key`,
        ...(tls.clientCaKey !== undefined && { client_ca_file: `${TLS_DIRECTORY}/${tls.clientCaKey}` }),
        // The files of a Secret that is renewed change in place.
        reload_interval: '5m',
      },
    }),
    ...(auth !== undefined && { auth: { authenticator: AUTHENTICATOR } }),
  };
  return {
    protocols: {
      grpc: { endpoint: `0.0.0.0:${PORT.otlpGrpc}`, max_recv_msg_size_mib: MESSAGE_MIB, ...security },
      http: { endpoint: `0.0.0.0:${PORT.otlpHttp}`, max_request_body_size: MESSAGE_MIB * 1024 * 1024, ...security },
    },
  };
}

/** The extension that knows the token; it watches the file. Nothing where no token is asked for. */
export function authenticator({ auth }: CollectorSettings): Readonly<Record<string, object>> {
  return auth === undefined ? {} : { [AUTHENTICATOR]: { filename: `${AUTH_DIRECTORY}/${auth.key}` } };
}
