import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../tools/lib/progress.ts';
import type { AuditedRequest } from '../tools/scale/audit-reader.ts';
import { type OperatorProcess, startOperatorProcess } from '../tools/scale/operator-process.ts';
import { sampleProcess } from '../tools/scale/process-sample.ts';
import { quantile } from '../tools/scale/statistics.ts';
import { injectByHand } from './by-hand.ts';
import { type Figure, figure, ratio } from './figure.ts';
import { inFlight } from './in-flight.ts';
import { DEFAULT_PACE, deploymentRef, type InjectCluster, type InjectSize, setPace, startInjectCluster, USER } from './inject-cluster.ts';
import { OperatorWatch } from './operator-watch.ts';
import { podCreateRates } from './pod-creates.ts';

export interface InjectOptions extends InjectSize {
  readonly folder: string;
  /** How long a settled cluster is listened to. */
  readonly settledSeconds: number;
}

const BURST = 100;
const LIMIT_MS = 10 * 60_000;

/** The injection benchmark: thousands of Deployments of which some are annotated. */
export async function benchInject(options: InjectOptions): Promise<readonly Figure[]> {
  const cluster = await startInjectCluster(options.folder, options);
  try {
    return await measure(cluster, options);
  } finally {
    await cluster.stop();
  }
}

async function measure(cluster: InjectCluster, options: InjectOptions): Promise<readonly Figure[]> {
  const watch = new OperatorWatch(cluster.cluster.auditLog);
  const figures: Figure[] = [];
  const add = (...found: readonly Figure[]): void => {
    for (const one of found) {
      figures.push(one);
      say(`${one.id}: ${one.value.toFixed(one.unit === 'requests' ? 2 : 1)} ${one.unit}`);
    }
  };
  let operator: OperatorProcess | undefined;
  const start = async (): Promise<{ operator: OperatorProcess; readySeconds: number; at: number }> => {
    const at = Date.now();
    const started = performance.now();
    operator = await startOperatorProcess({ cluster: cluster.cluster, dist: cluster.dist, folder: cluster.folder });
    return { operator, readySeconds: (performance.now() - started) / 1000, at };
  };
  try {
    const first = await start();
    const memory = (when: string, name: string): void => {
      const { rssMb, peakRssMb } = sampleProcess(first.operator.pid);
      add(
        figure(`inject/rss-${name}`, `RSS ${when}`, 'MB', [rssMb]),
        figure(`inject/peak-rss-${name}`, `peak RSS ${when}`, 'MB', [peakRssMb]),
      );
    };
    add(figure('inject/cold-start-ready', 'cold start: process start to ready', 's', [first.readySeconds]));
    memory('when ready', 'ready');
    await watch.patchedAll(cluster.annotated, 0, 2, LIMIT_MS);
    const settledAt = await watch.settled(0, 3000, LIMIT_MS);
    const what = `cold start: process start to ${cluster.annotated.length} injected and the last write`;
    add(figure('inject/cold-start-settled', what, 's', [((settledAt ?? first.at) - first.at) / 1000]));
    add(
      figure('inject/requests-per-injection', 'writes of a Deployment per injection', 'requests', [
        watch.patches().length / cluster.annotated.length,
      ]),
    );
    memory('after the cold start', 'cold-start');
    await cluster.rolledOut();
    const byHand = await injectByHand(cluster, watch, cluster.plain.slice(2 * BURST, 3 * BURST));
    add(...byHand);
    await cluster.rolledOut();
    await watch.settled(0, 5000, LIMIT_MS);
    const ours = await burst(cluster, watch, cluster.plain.slice(0, BURST), '');
    add(...ours, ratio('inject/annotate-ratio', 'annotated to patched, p99: the operator / by hand', ours[1], [byHand[1]]));
    add(...(await drift(cluster, watch)));
    memory('after burst and drift', 'end');
    add(figure('inject/peak-rss', 'peak RSS of the operator over all of it', 'MB', [sampleProcess(first.operator.pid).peakRssMb]));
    add(await silence(watch, options.settledSeconds, 'inject/settled-writes', 'settled'));
    await setPace(cluster.api, DEFAULT_PACE);
    add(...(await burst(cluster, watch, cluster.plain.slice(BURST, 2 * BURST), '-default-pace')));
    await cluster.rolledOut();
    const before = await podCreateRates(cluster, 3);
    await first.operator.stop();
    const without = await podCreateRates(cluster, 3);
    const mark = watch.mark();
    const second = await start();
    add(figure('inject/restart-ready', 'start with everything injected: process start to ready', 's', [second.readySeconds]));
    await watch.settled(mark, 5000, LIMIT_MS);
    add(figure('inject/restart-writes', 'writes after a restart with everything injected', 'writes', [watch.writes(mark).length]));
    add(figure('inject/restart-peak-rss', 'peak RSS after that restart', 'MB', [sampleProcess(second.operator.pid).peakRssMb]));
    // Before and after those without: whoever comes later finds everything warm.
    const withOperator = [...before, ...(await podCreateRates(cluster, 3))];
    const rates = [
      figure('inject/pod-creates-with', 'pod creates with the operator', 'per second', withOperator),
      figure('inject/pod-creates-without', 'pod creates without the operator', 'per second', without),
    ] as const;
    add(...rates, ratio('inject/pod-creates-ratio', 'pod creates: without / with the operator', rates[1], [rates[0]]));
    return figures;
  } finally {
    await operator?.stop();
  }
}

/** Annotates 100 Deployments at once: how long each waits for its template, by the API server's own clock. */
async function burst(
  { api }: InjectCluster,
  watch: OperatorWatch,
  keys: readonly string[],
  suffix: string,
): Promise<readonly [p50: Figure, p99: Figure, ...Figure[]]> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const mark = watch.mark();
  await inFlight(keys, BURST, (key) =>
    api.patch(
      type,
      deploymentRef(key),
      'application/merge-patch+json',
      { metadata: { annotations: { 'duotel.io/backend': 'both' } } },
      USER,
    ),
  );
  await watch.patchedAll(keys, mark, 2, LIMIT_MS);
  await watch.settled(mark, 2000, LIMIT_MS);
  const waits = latencies(watch, mark, keys);
  const writes = watch.patches(mark).length / keys.length;
  const total = waits.map(({ totalMs }) => totalMs);
  const sent = waits.map(({ sentMs }) => sentMs);
  return [
    figure(`inject/annotate-p50${suffix}`, `${keys.length} annotated at once: annotation stored to template patched, p50`, 'ms', [
      quantile(total, 0.5),
    ]),
    figure(`inject/annotate-p99${suffix}`, 'the same, p99', 'ms', [quantile(total, 0.99)]),
    figure(`inject/annotate-sent-p50${suffix}`, "of it, until the operator's patch had reached the API server, p50", 'ms', [
      quantile(sent, 0.5),
    ]),
    figure(`inject/annotate-sent-p99${suffix}`, 'the same, p99', 'ms', [quantile(sent, 0.99)]),
    figure(`inject/annotate-writes${suffix}`, 'writes of a Deployment per injection in the burst', 'requests', [writes]),
  ];
}

/** Takes one of our variables out of every injected Deployment, 50 a second: how long each waits to have it again. */
async function drift({ api, annotated }: InjectCluster, watch: OperatorWatch): Promise<readonly Figure[]> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const env = [{ name: 'OBSERVABILITY_BACKEND', $patch: 'delete' }];
  const body = { spec: { template: { spec: { containers: [{ name: 'app', env }] } } } };
  const mark = watch.mark();
  for (const key of annotated) {
    await Promise.all([api.patch(type, deploymentRef(key), 'application/strategic-merge-patch+json', body, USER), sleep(20)]);
  }
  await watch.patchedAll(annotated, mark, 1, LIMIT_MS);
  await watch.settled(mark, 2000, LIMIT_MS);
  const waits = latencies(watch, mark, annotated).map(({ totalMs }) => totalMs);
  return [
    figure('inject/drift-p50', `drift on each of ${annotated.length} injected, 50 a second: variable gone to variable back, p50`, 'ms', [
      quantile(waits, 0.5),
    ]),
    figure('inject/drift-p99', 'the same, p99', 'ms', [quantile(waits, 0.99)]),
  ];
}

interface Latency {
  /** From the answer to the user's patch to the answer to the operator's first patch after it, ms. */
  readonly totalMs: number;
  /** To the arrival of that patch: the rest is the API server's. */
  readonly sentMs: number;
}

/** How long each Deployment waited. */
function latencies(watch: OperatorWatch, mark: number, keys: readonly string[]): readonly Latency[] {
  const asked = new Map<string, number>();
  for (const { user, verb, resource, namespace, name, answered } of watch.requests().slice(mark)) {
    if (user === 'admin' && verb === 'patch' && resource === 'deployments') asked.set(`${namespace}/${name}`, answered);
  }
  const done = new Map<string, AuditedRequest>();
  for (const request of watch.patches(mark)) {
    const key = `${request.namespace}/${request.name}`;
    if (!done.has(key) && request.received >= (asked.get(key) ?? Number.POSITIVE_INFINITY)) done.set(key, request);
  }
  return keys.flatMap((key) => {
    const [from, to] = [asked.get(key), done.get(key)];
    return from === undefined || to === undefined ? [] : [{ totalMs: to.answered - from, sentMs: to.received - from }];
  });
}

/** Writes of the operator while nobody does anything. */
export async function silence(watch: OperatorWatch, seconds: number, id: string, what: string): Promise<Figure> {
  const mark = watch.mark();
  await sleep(seconds * 1000);
  const writes = watch.writes(mark);
  for (const { verb, resource, subresource, namespace, name } of writes)
    say(`  written: ${verb} ${resource}/${subresource} ${namespace}/${name}`);
  return figure(id, `${what}: writes in ${seconds} s`, 'writes', [writes.length]);
}
