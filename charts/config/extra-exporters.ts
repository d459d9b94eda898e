import type { CollectorSettings, ExtraExporter, Signal } from '../../api/component-spec.ts';
import { bytes } from '../../api/quantity.ts';
import type { SecretFile } from '../secret-files.ts';
import { diskQueue, RETRY } from './collector-common.ts';

export const HEADERS_DIRECTORY = '/etc/duotel/exporters';

const HANDOVER = 'batch/extra';

/** Exporters to places outside of the stack, by name. A header's value is read from a file: it is in no ConfigMap. */
export function extraExporters({ exporters = [] }: CollectorSettings): Readonly<Record<string, object>> {
  return Object.fromEntries(exporters.map((exporter) => [exporterName(exporter), exporterConfig(exporter)]));
}

/** The ends of a signal's pipeline that lead to further exporters, one each. */
export function waysOut({ exporters = [] }: CollectorSettings, signal: Signal): readonly string[] {
  return exporters.filter(({ signals }) => signals.includes(signal)).map(wayOut);
}

/**
 * Separates the stack's pipelines from those of further exporters. A pipeline answers its senders with the errors of all of its exporters.
 * If one queue is full, a sender would be told to send again what the stack's own stores have, and metrics made from spans would count it
 * again. A batch processor answers at once. With a timeout of 0s it holds nothing back: if the collector is killed, it loses a request on
 * its way to a queue (docs/adr/0032).
 */
export function extraParts({ exporters = [] }: CollectorSettings): {
  readonly processors: Readonly<Record<string, object>>;
  readonly connectors: Readonly<Record<string, object>>;
  readonly pipelines: Readonly<Record<string, object>>;
} {
  const pipelines = exporters.flatMap((exporter) =>
    exporter.signals.map((signal) => [
      `${signal}/extra-${exporter.name}`,
      { receivers: [wayOut(exporter)], processors: [HANDOVER], exporters: [exporterName(exporter)] },
    ]),
  );
  return {
    processors: exporters.length === 0 ? {} : { [HANDOVER]: { timeout: '0s' } },
    connectors: Object.fromEntries(exporters.map((exporter) => [wayOut(exporter), {}])),
    pipelines: Object.fromEntries(pipelines),
  };
}

/** Files that the exporters read: header values and certificates. */
export function exporterFiles({ exporters = [] }: CollectorSettings): readonly SecretFile[] {
  return exporters.flatMap(({ name, headers = [], caSecret }) => [
    ...headers.map((header) => ({ file: headerFile(name, header.name), secret: header.secretKeyRef })),
    ...(caSecret === undefined ? [] : [{ file: caFile(name), secret: caSecret }]),
  ]);
}

/** Bytes that their queues may take together. */
export function extraQueueBytes({ exporters = [] }: CollectorSettings): number {
  return exporters.reduce((sum, { queueSize }) => sum + bytes(queueSize), 0);
}

/** With a prefix: `otlp_http/prometheus` and `otlp_grpc/jaeger` are the stack's own, and a user may choose these names too. */
function exporterName({ name, protocol }: ExtraExporter): string {
  return `${protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http'}/extra-${name}`;
}

const wayOut = ({ name }: ExtraExporter): string => `forward/extra-${name}`;
const headerFile = (exporter: string, header: string): string => `${exporter}.header.${header}`;
const caFile = (exporter: string): string => `${exporter}.ca.crt`;

function exporterConfig({ name, protocol, endpoint, headers = [], caSecret, queueSize }: ExtraExporter): object {
  const url = new URL(endpoint);
  const tls = {
    ...(url.protocol === 'http:' && protocol === 'grpc' && { insecure: true }),
    ...(caSecret !== undefined && { ca_file: `${HEADERS_DIRECTORY}/${caFile(name)}` }),
  };
  return {
    endpoint: protocol === 'grpc' ? `${url.hostname}:${url.port || (url.protocol === 'http:' ? 80 : 443)}` : endpoint.replace(/\/$/, ''),
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((header) => [header.name, `\${file:${HEADERS_DIRECTORY}/${headerFile(name, header.name)}}`])),
    }),
    retry_on_failure: RETRY,
    sending_queue: diskQueue(bytes(queueSize)),
  };
}
