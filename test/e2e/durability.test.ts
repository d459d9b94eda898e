import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PORT } from '../../api/names.ts';
import { cgroupProcesses } from '../../tools/cluster/cgroups.ts';
import { type Cluster, downCluster, upCluster } from '../../tools/cluster/cluster.ts';
import { synth } from '../../tools/demo/synth.ts';
import { eventually } from '../support/time/eventually.ts';

/** Not the default name: the demo's cluster may run beside this one. */
const NAME = 'e2e-durability';
const UP_LIMIT_MS = 40 * 60_000;
const STEP_LIMIT_MS = 20 * 60_000;
/** Seconds for which Jaeger is away. docs/durability.md says how its nine minutes were made with these two. */
const OUTAGE_S = Number(process.env['DURABILITY_OUTAGE'] ?? 30);
const SPANS_A_SECOND = Number(process.env['DURABILITY_RATE'] ?? 100);
/** The exporter's back-off, and then the queue. */
const DRAIN_S = 300;

interface Sent {
  readonly accepted: number;
  readonly retries: number;
}
type Component = 'collector' | 'jaeger' | 'prometheus';
/** How each program is called in its image. */
const PROGRAM: Readonly<Record<Component, string>> = { collector: 'otelcol', jaeger: 'jaeger', prometheus: 'prometheus' };

let folder: string;
let cluster: Cluster;
const report: Record<string, string | number>[] = [];

async function kubectl(args: readonly string[], timeoutMs = 300_000): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(['--namespace=duotel', ...args], '', timeoutMs);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function addressOf(component: Component, port: number): Promise<string> {
  return `http://${await kubectl(['get', 'service', `duotel-${component}`, '-o', 'jsonpath={.spec.clusterIP}'])}:${port}`;
}

/** JSON of a page, read from inside the cluster's network. */
async function getJson<T>(url: string): Promise<T> {
  const script =
    'const answer = await fetch(process.argv[1]); process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1;';
  const { code, stdout, stderr } = await cluster.run(process.execPath, ['--input-type=module', '-e', script, url], { timeoutMs: 90_000 });
  if (code !== 0) throw new Error(`${url}: ${stderr || stdout}`);
  return JSON.parse(stdout) as T;
}

async function send(service: string, seconds: number): Promise<Sent> {
  const url = await addressOf('collector', PORT.otlpHttp);
  const args = ['test/support/processes/span-sender-process.ts', url, service, String(seconds * SPANS_A_SECOND), String(SPANS_A_SECOND)];
  const { code, stdout, stderr } = await cluster.run(process.execPath, args, {
    timeoutMs: (seconds + 240) * 1000,
    env: { NODE_OPTIONS: '' },
  });
  if (code !== 0) throw new Error(`the sender of ${service}: ${stderr}`);
  return JSON.parse(stdout) as Sent;
}

/** All spans of a service that Jaeger has, and how many of them are different ones. */
async function stored(service: string): Promise<{ readonly spans: number; readonly different: number }> {
  const url = `${await addressOf('jaeger', PORT.jaegerUi)}/api/traces?service=${service}&limit=5000&lookback=2h`;
  const { data } = await getJson<{
    readonly data: readonly { readonly spans: readonly { readonly traceID: string; readonly spanID: string }[] }[];
  }>(url);
  const ids = data.flatMap(({ spans }) => spans.map(({ traceID, spanID }) => `${traceID}/${spanID}`));
  return { spans: ids.length, different: new Set(ids).size };
}

/** Ends the containers' programs like a crash would: SIGKILL, no notice. Only processes in the control groups of this cluster's pods. */
function crash(...components: readonly Component[]): void {
  const names = components.map((component) => PROGRAM[component]);
  const pids = cgroupProcesses(cluster.state.cgroup ?? '').filter((pid) => names.includes(programOf(pid)));
  expect(pids).toHaveLength(names.length);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

function programOf(pid: number): string {
  return (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '').split('/').at(-1) ?? '';
}

async function restarts(component: Component): Promise<number> {
  return Number(await kubectl(['get', 'pod', `duotel-${component}-0`, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}']));
}

/** Waits until Jaeger has as many spans as were accepted, and then that there are no more and none twice. */
async function expectAllStoredOnce(what: string, service: string, sent: Sent): Promise<void> {
  const began = Date.now();
  await eventually(`${sent.accepted} spans of ${service}`, async () => (await stored(service)).different >= sent.accepted, DRAIN_S);
  const seconds = Math.round((Date.now() - began) / 1000);
  // Whatever was sent a second time would come about now.
  await sleep(3_000);
  const { spans, different } = await stored(service);
  report.push({ what, accepted: sent.accepted, retries: sent.retries, stored: spans, different, secondsAfterTheLast: seconds });
  expect({ spans, different }).toEqual({ spans: sent.accepted, different: sent.accepted });
}

/** The counter of a service as Prometheus has it now. */
async function counter(service: string): Promise<number> {
  const query = encodeURIComponent(`sum(durability_sent_total{service_name="${service}"})`);
  const { data } = await getJson<{ readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] } }>(
    `${await addressOf('prometheus', PORT.prometheus)}/api/v1/query?query=${query}`,
  );
  return Number(data.result[0]?.value[1] ?? 0);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-durability-'));
  const dist = await synth(folder, true);
  await downCluster(NAME);
  cluster = await upCluster(NAME);
  await kubectl(['apply', '-f', dist]);
  for (const component of ['collector', 'jaeger', 'prometheus'])
    await kubectl(['rollout', 'status', `statefulset/duotel-${component}`, '--timeout=290s']);
  await eventually('the stack', async () => (await kubectl(['get', 'tstack/duotel', '-o', 'jsonpath={.metadata.name}'])) === 'duotel', 120);
}, UP_LIMIT_MS);

afterAll(async () => {
  process.stderr.write(`${JSON.stringify(report, undefined, 2)}\n`);
  await downCluster(NAME);
  rmSync(folder, { recursive: true, force: true });
});

describe('what workloads have sent', () => {
  it(
    'is stored, once, when Jaeger was away while it came and the collector was killed meanwhile',
    async () => {
      // Or the operator would bring Jaeger back at once.
      await kubectl(['patch', 'tstack/duotel', '--type=merge', '-p', '{"spec":{"suspend":true}}']);
      const sending = send('jaeger-away', OUTAGE_S + 10);
      await sleep(3_000);
      await kubectl(['scale', 'statefulset/duotel-jaeger', '--replicas=0']);
      await kubectl(['wait', '--for=delete', 'pod/duotel-jaeger-0', '--timeout=290s']);
      await sleep((OUTAGE_S / 2) * 1000);
      // What has come by now is in the queue on the collector's volume, and nowhere else.
      crash('collector');
      await sleep((OUTAGE_S / 2) * 1000);
      await kubectl(['scale', 'statefulset/duotel-jaeger', '--replicas=1']);
      const sent = await sending;
      await kubectl(['patch', 'tstack/duotel', '--type=merge', '-p', '{"spec":{"suspend":false}}']);
      await kubectl(['rollout', 'status', 'statefulset/duotel-jaeger', '--timeout=290s']);
      await expectAllStoredOnce(`Jaeger away ${OUTAGE_S} s, collector kill -9 in between`, 'jaeger-away', sent);
    },
    STEP_LIMIT_MS + OUTAGE_S * 1000,
  );

  it(
    'is stored, once, when the collector was killed while it came',
    async () => {
      const before = await restarts('collector');
      const sending = send('collector-killed', 20);
      await sleep(8_000);
      crash('collector');
      const sent = await sending;
      // The kubelet says so some time after it has done it.
      await eventually('the restart to be counted', async () => (await restarts('collector')) > before, 120);
      expect(await restarts('collector')).toBe(before + 1);
      expect(sent.retries).toBeGreaterThan(0);
      await expectAllStoredOnce('collector kill -9', 'collector-killed', sent);
    },
    STEP_LIMIT_MS,
  );

  it(
    'is counted to the last one when Prometheus was restarted while it came',
    async () => {
      const sending = send('prometheus-restarted', 20);
      await sleep(5_000);
      await kubectl(['delete', 'pod', 'duotel-prometheus-0', '--wait=true']);
      const sent = await sending;
      await kubectl(['rollout', 'status', 'statefulset/duotel-prometheus', '--timeout=290s']);
      await eventually('the counter', async () => (await counter('prometheus-restarted')) === sent.accepted, 180);
      // Those of the tests before come from the volume, or from the collector, but are the same.
      expect(await counter('collector-killed')).toBe(20 * SPANS_A_SECOND);
      await expectAllStoredOnce('Prometheus restarted', 'prometheus-restarted', sent);
    },
    STEP_LIMIT_MS,
  );

  it(
    'is stored, once, when every program of the node was killed while it came',
    async () => {
      const sending = send('node-restarted', 20);
      await sleep(8_000);
      crash('collector', 'jaeger', 'prometheus');
      const sent = await sending;
      for (const component of ['collector', 'jaeger', 'prometheus'])
        await kubectl(['rollout', 'status', `statefulset/duotel-${component}`, '--timeout=290s']);
      await expectAllStoredOnce('all killed -9', 'node-restarted', sent);
      await eventually('the counter', async () => (await counter('node-restarted')) === sent.accepted, 180);
      // What was stored before is still there.
      expect(await stored('collector-killed')).toEqual({ spans: 20 * SPANS_A_SECOND, different: 20 * SPANS_A_SECOND });
    },
    STEP_LIMIT_MS,
  );
});
