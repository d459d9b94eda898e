import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { type Authority, createAuthority } from '../../../tools/cluster/certificates.ts';

/** A TLS server in place of an API server, for what a real one can not be made to show; and a folder with what its clients need. */
export interface TlsApi {
  readonly authority: Authority;
  readonly url: string;
  /** TLS handshakes so far. */
  readonly handshakes: () => number;
  /** Requests that came, as `method path token commonName`. */
  readonly requests: readonly string[];
  /** Answers with a certificate of another authority from now on. */
  present(authority: Authority): Promise<void>;
  /** Writes a file into the folder and returns its path. */
  file(name: string, content: string, mode?: number): string;
  /** Path of a kubeconfig for this server with these fields of a user, and `ca.crt` as authority. */
  kubeconfig(user: object): string;
  close(): Promise<void>;
}

export async function startTlsApi(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<TlsApi> {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-tls-'));
  const authority = await createAuthority('first');
  const issued = async (by: Authority): Promise<{ cert: string; key: string; ca: string }> => {
    const { certificate, key } = await by.issue({ subject: { commonName: 'server' }, names: ['127.0.0.1'] });
    return { cert: certificate, key, ca: by.certificate };
  };
  let handshakes = 0;
  const requests: string[] = [];
  const server: Server = createServer(
    { ...(await issued(authority)), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      const name = (request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? '';
      requests.push([request.method, request.url, token, name].join(' ').trim());
      request.resume().once('end', () => answer(request, response));
    },
  );
  // As long as an API server keeps an idle connection.
  server.keepAliveTimeout = 90_000;
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = (name: string, content: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode });
    return path;
  };
  return {
    authority,
    url,
    handshakes: () => handshakes,
    requests,
    present: async (by) => server.setSecureContext(await issued(by)),
    file,
    kubeconfig(user) {
      const ca = file('ca.crt', authority.certificate);
      return file(
        'kubeconfig',
        stringify({
          apiVersion: 'v1',
          kind: 'Config',
          'current-context': 'c',
          clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority': ca } }],
          users: [{ name: 'u', user }],
          contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        }),
      );
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
