import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { end, type Json, merge, ready, start } from '../../support/processes/processes.ts';
import { configMapFile } from '../../support/processes/stack-processes.ts';
import { jaegerSpans } from '../../support/telemetry/jaeger-spans.ts';
import { tracesRequest } from '../../support/telemetry/otlp.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { eventually } from '../../support/time/eventually.ts';

const SPEC = { collector: { replicas: 2, gateway: { enabled: true } } } as unknown as TelemetryStackSpec;
const SERVICES = Array.from({ length: 40 }, (_, index) => `service-${index}`);
const SPANS = 5;
/** Addresses of the two gateways: the load balancer knows a port for all, so they are told apart by address. */
const GATEWAYS = { a: '127.0.0.2', b: '127.0.0.3' } as const;
/** The name that stands for the headless Service; one that no DNS has, so it is looked up in the hosts file alone. */
const NAME = 'gateways.duotel.test';

const folder = mkdtempSync(join(tmpdir(), 'duotel-tier-'));
const hosts = join(folder, 'hosts');
const children: Record<string, ChildProcess> = {};
let port: Record<'grpc' | 'http' | 'gateway' | 'jaeger' | 'ui' | 'uiGrpc' | 'prometheus' | `health${number}` | `self${number}`, number>;
const at = (name: keyof typeof port, host = '127.0.0.1') => `${host}:${port[name]}`;
const resolveTo = (addresses: readonly string[]) => writeFileSync(hosts, addresses.map((address) => `${address} ${NAME}\n`).join(''));

const file = (name: string, config: object): string => {
  const path = join(folder, name);
  writeFileSync(path, stringify(config));
  return path;
};
const own = (index: number): Json => ({
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: port[`self${index}`] } } } }] } },
});
const configOf = (name: string, path = 'config.yaml') => parse(configMapFile(SPEC, name, path)) as Json;
const push = () => ({ 'otlp_http/prometheus': { metrics_endpoint: `http://${at('prometheus')}/api/v1/otlp/v1/metrics` } });
const log = (name: string) => () => readFileSync(join(folder, `${name}.log`), 'utf8');

const query = async (expr: string) =>
  (await promQuery(`http://${at('prometheus')}`, expr)).map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
const counted = async () => (await query('sum(last_over_time(calls_total[10m]))'))[0]?.value ?? 0;

/** How many spans of a service Jaeger has. */
const stored = async (service: string): Promise<number> =>
  new Set((await jaegerSpans(`http://${at('ui')}`, service)).map(({ spanID }) => spanID)).size;

/** One request a service, as SDKs send. */
async function send(round: number): Promise<void> {
  for (const [index, service] of SERVICES.entries()) {
    const id = (n: number) => ((round * 1000 + index) * 100 + n).toString(16).padStart(16, '0');
    const spans = Array.from({ length: SPANS }, (_, n) => ({ name: 'query', traceId: id(n).padStart(32, 'a'), spanId: id(n) }));
    const response = await fetch(`http://${at('http')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tracesRequest({ 'service.name': service }, 'app', spans)),
    });
    expect([response.status, await response.text()]).toEqual([200, '{"partialSuccess":{}}']);
  }
}

beforeAll(async () => {
  const programs = await ensureBinaries(['otelcol', 'jaeger', 'prometheus']);
  const names = [
    'grpc',
    'http',
    'gateway',
    'jaeger',
    'ui',
    'uiGrpc',
    'prometheus',
    'health0',
    'health1',
    'health2',
    'health3',
    'self0',
    'self1',
    'self2',
    'self3',
  ];
  const numbers = await freePorts(names.length);
  port = Object.fromEntries(names.map((name, index) => [name, numbers[index] ?? 0])) as typeof port;
  mkdirSync(join(folder, 'badger'));
  resolveTo(Object.values(GATEWAYS));

  const jaeger = merge(configOf('duotel-jaeger'), {
    extensions: {
      healthcheckv2: { http: { endpoint: at('health3') } },
      jaeger_query: { http: { endpoint: at('ui') }, grpc: { endpoint: at('uiGrpc') }, ui: { config_file: '' } },
      jaeger_storage: {
        backends: { trace_store: { badger: { directories: { keys: `${folder}/badger/keys`, values: `${folder}/badger/values` } } } },
      },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: at('jaeger') } } } },
    service: own(3),
  });
  children['jaeger'] = start(programs.jaeger, [`--config=${file('jaeger.yaml', jaeger)}`], join(folder, 'jaeger.log'));
  const prometheus = { ...configOf('duotel-prometheus', 'prometheus.yml'), rule_files: [], scrape_configs: [] };
  children['prometheus'] = start(
    programs.prometheus,
    [
      `--config.file=${file('prometheus.yml', prometheus)}`,
      `--storage.tsdb.path=${folder}/tsdb`,
      `--web.listen-address=${at('prometheus')}`,
      '--web.enable-otlp-receiver',
    ],
    join(folder, 'prometheus.log'),
  );
  for (const [index, [name, address]] of Object.entries(GATEWAYS).entries()) {
    const config = merge(configOf('duotel-gateway'), {
      extensions: { health_check: { endpoint: at(`health${index}`) } },
      receivers: { otlp: { protocols: { grpc: { endpoint: at('gateway', address) } } } },
      connectors: { span_metrics: { metrics_flush_interval: '200ms' } },
      exporters: push(),
      service: own(index),
    });
    const env = { POD_NAME: `gateway-${name}` };
    children[name] = start(programs.otelcol, [`--config=${file(`${name}.yaml`, config)}`], join(folder, `${name}.log`), env);
  }
  const front = merge(configOf('duotel-collector'), {
    extensions: {
      health_check: { endpoint: at('health2') },
      file_storage: { directory: `${folder}/queue`, compaction: { directory: `${folder}/queue` } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: at('grpc') }, http: { endpoint: at('http') } } } },
    exporters: {
      'otlp_grpc/jaeger': { endpoint: at('jaeger') },
      'load_balancing/gateway': { resolver: { dns: { hostname: NAME, port: String(port.gateway), interval: '1s' } } },
      ...push(),
    },
    service: own(2),
  });
  // A hosts file of its own stands for the cluster's DNS, for this one process.
  const command = `mount --bind ${hosts} /etc/hosts && exec ${programs.otelcol} --config=${file('front.yaml', front)}`;
  children['front'] = start('unshare', ['--map-root-user', '--mount', 'sh', '-c', command], join(folder, 'front.log'));
  await ready(`http://${at('health3')}/status`, children['jaeger'], log('jaeger'));
  await ready(`http://${at('prometheus')}/-/ready`, children['prometheus'], log('prometheus'));
  await ready(`http://${at('health0')}/`, children['a'] as ChildProcess, log('a'));
  await ready(`http://${at('health1')}/`, children['b'] as ChildProcess, log('b'));
  await ready(`http://${at('health2')}/`, children['front'], log('front'));
}, 45 * 60_000);

afterAll(async () => {
  await Promise.all(Object.values(children).map(end));
  rmSync(folder, { recursive: true, force: true });
});

describe('two gateways behind a load balancer', () => {
  const all = SERVICES.length * SPANS;

  it('count each service in one series, at one of them, and both have some', async () => {
    await send(1);
    await eventually('all spans to be counted', async () => (await counted()) === all);
    const series = await query('calls_total');
    expect(series.map(({ metric }) => metric['service_name']).sort()).toEqual([...SERVICES].sort());
    expect(series.every(({ value }) => value === SPANS)).toBe(true);
    expect([...new Set(series.map(({ metric }) => metric['collector_instance_id']))].sort()).toEqual(['gateway-a', 'gateway-b']);
  });

  it('lose no span and count none twice when one of them is killed under traffic', async () => {
    children['a']?.kill('SIGKILL');
    await send(2);
    // As the cluster does when the pod is not ready any more; until then its spans wait in the queue.
    resolveTo([GATEWAYS.b]);
    await send(3);
    await eventually('all spans to be counted', async () => (await counted()) === 3 * all);
    const series = await query('sum by (service_name) (last_over_time(calls_total[10m]))');
    expect(series.filter(({ value }) => value !== 3 * SPANS)).toEqual([]);
    const inJaeger = await eventually('all spans to be stored', async () => {
      const counts = await Promise.all(SERVICES.map(stored));
      return counts.every((count) => count >= 3 * SPANS) && counts;
    });
    expect(inJaeger).toEqual(SERVICES.map(() => 3 * SPANS));
    // Nothing more comes: what was sent to the one that died is not counted by the other a second time.
    await eventually('the queue to be empty', async () =>
      /otelcol_exporter_queue_size\{[^}]*load_balancing[^}]*\} 0\b/.test(await (await fetch(`http://${at('self2')}/metrics`)).text()),
    );
    const emptied = Date.now();
    const flushed = async () => (await query('min(timestamp(calls_total{collector_instance_id="gateway-b"}))'))[0]?.value ?? 0;
    await eventually('what was in it to be counted', async () => (await flushed()) * 1000 > emptied + 1000);
    expect(await counted()).toBe(3 * all);
  });
});
