import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import type { Authority } from '../../../tools/cluster/certificates.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { end, ready, start } from './processes.ts';

/** A place outside of the stack that takes OTLP with TLS and a token: a collector of its own, which writes down what it gets. */
export interface Vendor {
  readonly grpc: string;
  readonly http: string;
  /** Names of the spans that have arrived, one for each time. */
  spans(): readonly string[];
  /** Names of the metrics, the same. */
  metrics(): readonly string[];
  /** Bodies of the log records, the same. */
  logs(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Line {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[] }[];
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[] }[];
  }[];
}

/** A vendor that is not started yet. `folder`: for its files. */
export async function vendor(folder: string, authority: Authority, token: string): Promise<Vendor> {
  const { otelcol } = await ensureBinaries(['otelcol']);
  const [grpc, http, health] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
  mkdirSync(folder, { recursive: true });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const { certificate, key } = await authority.issue({ subject: { commonName: 'vendor' }, names: ['127.0.0.1'] });
  const security = {
    tls: { cert_file: file('tls.crt', certificate), key_file: file('tls.key', key) },
    auth: { authenticator: 'bearertokenauth' },
  };
  const received = join(folder, 'received.jsonl');
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  const config = {
    extensions: { bearertokenauth: { token }, health_check: { endpoint: health } },
    receivers: { otlp: { protocols: { grpc: { endpoint: grpc, ...security }, http: { endpoint: http, ...security } } } },
    exporters: { file: { path: received, append: true, flush_interval: '50ms' } },
    service: {
      extensions: ['bearertokenauth', 'health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  };
  const configFile = file('config.yaml', stringify(config));
  const log = join(folder, 'log');
  let child: ChildProcess | undefined;
  // The last line may be half-written.
  const lines = () =>
    existsSync(received)
      ? readFileSync(received, 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Line)
      : [];
  return {
    grpc: `https://${grpc}`,
    http: `https://${http}`,
    spans: () =>
      lines().flatMap(({ resourceSpans = [] }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name))),
      ),
    metrics: () =>
      lines().flatMap(({ resourceMetrics = [] }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name))),
      ),
    logs: () =>
      lines().flatMap(({ resourceLogs = [] }) =>
        resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue))),
      ),
    async start() {
      child = start(otelcol, [`--config=${configFile}`], log);
      await ready(`http://${health}/`, child, () => readFileSync(log, 'utf8'));
    },
    async stop() {
      if (child !== undefined) await end(child);
    },
  };
}
