import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { KubeObject } from '../../../api/kube-object.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { type Files, mountVolumes, movedPaths, type PodWithVolumes } from '../workloads/mounted-volumes.ts';
import { end, type Json, kill, merge, ready, start } from './processes.ts';

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
  /** What a program has printed since its start. */
  log(program: Program): string;
  /** Kills a program, as a node that goes down does, and starts it anew on what it has on disk. */
  restart(program: Program): Promise<void>;
  /** Gives the Secrets that programs have as files other contents, as the kubelet does some time after they have changed. */
  renewSecrets(secrets: Files): void;
  stop(): Promise<void>;
}

export type Program = 'collector' | 'jaeger' | 'prometheus';
const STACK = { name: 'duotel', namespace: 'duotel' };

export interface StackOptions {
  /** `host:port` of targets that are no process of the stack, by the name of their scrape job. */
  readonly targets?: Readonly<Record<string, string>>;
  /** Secrets of the stack's namespace. Programs read them from files at the places that their pods mount them at. */
  readonly secrets?: Files;
  /** Address of this machine that the OTLP ports are opened at, 4317 and 4318 as in the pod. @default free ports of 127.0.0.1 */
  readonly otlpAddress?: string;
  /** Between two scrapes, and the most that one may take. @default 1s */
  readonly scrapeInterval?: string;
}

/** Text of a file in a ConfigMap of the stack. */
export function configMapFile(spec: TelemetryStackSpec, configMap: string, file: string): string {
  const text = (object(spec, 'ConfigMap', configMap)['data'] as Record<string, string> | undefined)?.[file];
  if (text === undefined) throw new Error(`ConfigMap ${configMap} has no file ${file}`);
  return text;
}

function object(spec: TelemetryStackSpec, kind: string, name: string): KubeObject {
  const found = synthStack({ ...STACK, spec: resolveStackSpec(spec) }).find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`the stack has no ${kind} ${name}`);
  return found;
}

type Pod = PodWithVolumes & { readonly containers: readonly { readonly args: readonly string[] }[] };

function podOf(spec: TelemetryStackSpec, statefulSet: string): Pod {
  return (object(spec, 'StatefulSet', statefulSet)['spec'] as { readonly template: { readonly spec: Pod } }).template.spec;
}

/** The arguments of a StatefulSet's program, but for those that name files and folders. */
function argsWithoutPaths(spec: TelemetryStackSpec, statefulSet: string): readonly string[] {
  return (podOf(spec, statefulSet).containers[0]?.args ?? []).filter((argument) => !argument.includes('=/'));
}

/** Writes below `root` the Secrets that the pods of a StatefulSet mount, and returns where they mount them. */
function mountSecrets(spec: TelemetryStackSpec, statefulSet: string, secrets: Files, root: string): readonly string[] {
  return mountVolumes(podOf(spec, statefulSet), root, { secrets });
}

/** The file of a StatefulSet's ConfigMap, with the paths of its Secrets moved below `root`, where they are written. */
function configuration(spec: TelemetryStackSpec, name: string, file: string, secrets: Files, root: string): Json {
  return parse(movedPaths(configMapFile(spec, name, file), mountSecrets(spec, name, secrets, root), root)) as Json;
}

export async function startStackProcesses(
  spec: TelemetryStackSpec = {},
  { targets: others = {}, secrets = {}, otlpAddress, scrapeInterval = '1s' }: StackOptions = {},
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
  const otlp =
    otlpAddress === undefined ? { grpc: at('grpc'), http: at('http') } : { grpc: `${otlpAddress}:4317`, http: `${otlpAddress}:4318` };
  const spanMetrics = spec.collector?.spanMetrics?.enabled ?? true;

  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const readers = (name: keyof typeof port) => ({
    telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: port[name] } } } }] } },
  });
  const collector = merge(configuration(spec, 'duotel-collector', 'config.yaml', secrets, folder), {
    extensions: {
      health_check: { endpoint: at('collectorHealth') },
      file_storage: { directory: `${folder}/queue`, compaction: { directory: `${folder}/queue` } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: otlp.grpc }, http: { endpoint: otlp.http } } } },
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
  const prometheus = configuration(spec, 'duotel-prometheus', 'prometheus.yml', secrets, folder) as Json & {
    scrape_configs: { job_name: string }[];
  };
  const prometheusFile = {
    ...prometheus,
    global: { scrape_interval: scrapeInterval, evaluation_interval: '1s' },
    rule_files: [`${folder}/rules-*.yaml`],
    scrape_configs: prometheus.scrape_configs
      .filter(({ job_name }) => targets[job_name] !== undefined)
      .map((job) => ({ ...job, static_configs: [{ targets: [targets[job.job_name]] }] })),
  };

  const commands: Readonly<Record<Program, readonly [program: string, args: readonly string[], health: string]>> = {
    jaeger: [programs.jaeger, [`--config=${file('jaeger.yaml', stringify(jaeger))}`], `http://${at('jaegerHealth')}/status`],
    prometheus: [
      programs.prometheus,
      [
        `--config.file=${file('prometheus.yml', stringify(prometheusFile))}`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=${at('prometheus')}`,
        ...argsWithoutPaths(spec, 'duotel-prometheus'),
      ],
      `http://${at('prometheus')}/-/ready`,
    ],
    collector: [programs.otelcol, [`--config=${file('collector.yaml', stringify(collector))}`], `http://${at('collectorHealth')}/`],
  };
  const run = (program: Program): ChildProcess => {
    const [path, args] = commands[program];
    return start(path, args, join(folder, `${program}.log`));
  };
  const children: Record<Program, ChildProcess> = { jaeger: run('jaeger'), prometheus: run('prometheus'), collector: run('collector') };
  const log = (program: Program) => readFileSync(join(folder, `${program}.log`), 'utf8');
  const isReady = (program: Program) => ready(commands[program][2], children[program], () => log(program));
  const stop = async () => {
    await Promise.all(Object.values(children).map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await isReady('collector');
    await isReady('jaeger');
    await isReady('prometheus');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: {
      otlp: `http://${otlp.http}`,
      metrics: `http://${at('metrics')}/metrics`,
      selfMetrics: `http://${at('collectorSelf')}/metrics`,
      jaeger: `http://${at('jaegerUi')}`,
      prometheus: `http://${at('prometheus')}`,
    },
    async send(signal, request) {
      const response = await fetch(`http://${otlp.http}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      const body = await response.text();
      if (!response.ok) throw new Error(`the collector refused ${signal}: ${response.status} ${body}`);
    },
    log,
    async restart(program) {
      await kill(children[program]);
      children[program] = run(program);
      await isReady(program);
    },
    renewSecrets: (renewed) => {
      for (const name of ['duotel-collector', 'duotel-prometheus']) mountSecrets(spec, name, renewed, folder);
    },
    stop,
  };
}
