import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { synthStack } from '../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import { resolveStackSpec } from '../../src/api/telemetry-stack.ts';
import { ensureBinaries } from '../../tools/build/binary.ts';
import { freePorts } from '../../tools/cluster/free-ports.ts';
import { end, type Json, merge, ready, start } from './processes.ts';

/** The stack's programs as processes of this machine, with the configuration that the ConfigMaps hold but for addresses and folders. */
export interface StackProcesses {
  /** Base addresses, all on the loopback interface. */
  readonly url: {
    readonly otlp: string;
    readonly metrics: string;
    readonly selfMetrics: string;
    readonly jaeger: string;
    readonly prometheus: string;
  };
  /** Sends an OTLP/JSON request; throws unless it is accepted. */
  send(signal: 'traces' | 'metrics' | 'logs', request: object): Promise<void>;
  /** What a program has printed. */
  log(program: Program): string;
  stop(): Promise<void>;
}

export type Program = 'collector' | 'jaeger' | 'prometheus';
const STACK = { name: 'duotel', namespace: 'duotel' };

/** Text of a file in a ConfigMap of the stack. */
export function configMapFile(spec: TelemetryStackSpec, configMap: string, file: string): string {
  const object = synthStack({ ...STACK, spec: resolveStackSpec(spec) }).find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap,
  );
  const text = (object?.['data'] as Record<string, string> | undefined)?.[file];
  if (text === undefined) throw new Error(`ConfigMap ${configMap} has no file ${file}`);
  return text;
}

export async function startStackProcesses(
  spec: TelemetryStackSpec = {},
  /** `host:port` of targets that are no process of the stack, by the name of their scrape job. */
  others: Readonly<Record<string, string>> = {},
): Promise<StackProcesses> {
  const programs = await ensureBinaries(['otelcol', 'jaeger', 'prometheus']);
  const folder = mkdtempSync(join(tmpdir(), 'duotel-stack-'));
  const names = [
    'grpc',
    'http',
    'metrics',
    'collectorSelf',
    'collectorHealth',
    'jaegerOtlp',
    'jaegerUi',
    'jaegerGrpc',
    'jaegerSelf',
    'jaegerHealth',
    'prometheus',
  ] as const;
  const numbers = await freePorts(names.length);
  const port = Object.fromEntries(names.map((name, index) => [name, numbers[index] ?? 0])) as Record<(typeof names)[number], number>;
  const at = (name: keyof typeof port) => `127.0.0.1:${port[name]}`;
  const spanMetrics = spec.collector?.spanMetrics?.enabled ?? true;

  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const readers = (name: keyof typeof port) => ({
    telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: port[name] } } } }] } },
  });
  const collector = merge(parse(configMapFile(spec, 'duotel-collector', 'config.yaml')) as Json, {
    extensions: {
      health_check: { endpoint: at('collectorHealth') },
      file_storage: { directory: `${folder}/queue`, compaction: { directory: `${folder}/queue` } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: at('grpc') }, http: { endpoint: at('http') } } } },
    exporters: { 'otlp_grpc/jaeger': { endpoint: at('jaegerOtlp') }, prometheus: { endpoint: at('metrics') } },
    ...(spanMetrics && { connectors: { span_metrics: { metrics_flush_interval: '200ms' } } }),
    service: readers('collectorSelf'),
  });
  const jaeger = merge(parse(configMapFile(spec, 'duotel-jaeger', 'config.yaml')) as Json, {
    extensions: {
      healthcheckv2: { http: { endpoint: at('jaegerHealth') } },
      jaeger_query: {
        http: { endpoint: at('jaegerUi') },
        grpc: { endpoint: at('jaegerGrpc') },
        ui: { config_file: file('ui-config.json', configMapFile(spec, 'duotel-jaeger', 'ui-config.json')) },
      },
      jaeger_storage: {
        backends: { trace_store: { badger: { directories: { keys: `${folder}/badger/keys`, values: `${folder}/badger/values` } } } },
        ...(spanMetrics && { metric_backends: { metric_store: { prometheus: { endpoint: `http://${at('prometheus')}` } } } }),
      },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: at('jaegerOtlp') } } } },
    service: readers('jaegerSelf'),
  });
  mkdirSync(join(folder, 'badger'));
  for (const name of ['names.yaml', 'alerts.yaml']) file(`rules-${name}`, configMapFile(spec, 'duotel-prometheus-rules', name));
  const targets: Readonly<Record<string, string>> = {
    workloads: at('metrics'),
    collector: at('collectorSelf'),
    jaeger: at('jaegerSelf'),
    prometheus: at('prometheus'),
    ...others,
  };
  const prometheus = parse(configMapFile(spec, 'duotel-prometheus', 'prometheus.yml')) as Json & { scrape_configs: { job_name: string }[] };
  const prometheusFile = {
    ...prometheus,
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [`${folder}/rules-*.yaml`],
    scrape_configs: prometheus.scrape_configs
      .filter(({ job_name }) => targets[job_name] !== undefined)
      .map((job) => ({ ...job, static_configs: [{ targets: [targets[job.job_name]] }] })),
  };

  const children: Record<Program, ChildProcess> = {
    jaeger: start(programs.jaeger, [`--config=${file('jaeger.yaml', stringify(jaeger))}`], join(folder, 'jaeger.log')),
    prometheus: start(
      programs.prometheus,
      [
        `--config.file=${file('prometheus.yml', stringify(prometheusFile))}`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=${at('prometheus')}`,
        '--enable-feature=exemplar-storage',
      ],
      join(folder, 'prometheus.log'),
    ),
    collector: start(programs.otelcol, [`--config=${file('collector.yaml', stringify(collector))}`], join(folder, 'collector.log')),
  };
  const log = (program: Program) => readFileSync(join(folder, `${program}.log`), 'utf8');
  const stop = async () => {
    await Promise.all(Object.values(children).map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(`http://${at('collectorHealth')}/`, children.collector, () => log('collector'));
    await ready(`http://${at('jaegerHealth')}/status`, children.jaeger, () => log('jaeger'));
    await ready(`http://${at('prometheus')}/-/ready`, children.prometheus, () => log('prometheus'));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: {
      otlp: `http://${at('http')}`,
      metrics: `http://${at('metrics')}/metrics`,
      selfMetrics: `http://${at('collectorSelf')}/metrics`,
      jaeger: `http://${at('jaegerUi')}`,
      prometheus: `http://${at('prometheus')}`,
    },
    async send(signal, request) {
      const response = await fetch(`http://${at('http')}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      const body = await response.text();
      if (!response.ok) throw new Error(`the collector refused ${signal}: ${response.status} ${body}`);
    },
    log,
    stop,
  };
}
