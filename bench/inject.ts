import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../tools/lib/progress.ts';
import { type OperatorProcess, startOperatorProcess } from '../tools/scale/operator-process.ts';
import { sampleProcess } from '../tools/scale/process-sample.ts';
import { quantile } from '../tools/scale/statistics.ts';
import { type Figure, figure, ratio } from './figure.ts';
import { inFlight } from './in-flight.ts';
import { DEFAULT_PACE, type InjectCluster, type InjectSize, setPace, startInjectCluster, USER } from './inject-cluster.ts';
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
    add(...(await burst(cluster, watch, cluster.plain.slice(0, BURST), '')));
    add(...(await drift(cluster, watch)));
    memory('after burst and drift', 'end');
    add(figure('inject/peak-rss', 'peak RSS of the operator over all of it', 'MB', [sampleProcess(first.operator.pid).peakRssMb]));
    add(await silence(watch, options.settledSeconds, 'inject/settled-writes', 'settled'));
    await setPace(cluster.api, DEFAULT_PACE);
    add(...(await burst(cluster, watch, cluster.plain.slice(BURST, 2 * BURST), '-default-pace')));
    const withOperator = await podCreateRates(cluster, 3);
    await first.operator.stop();
    const without = await podCreateRates(cluster, 3);
    const rates = [
      figure('inject/pod-creates-with', 'pod creates with the operator', 'per second', withOperator),
      figure('inject/pod-creates-without', 'pod creates without the operator', 'per second', without),
    ] as const;
    add(...rates, ratio('inject/pod-creates-ratio', 'pod creates: without / with the operator', rates[1], [rates[0]]));
    const mark = watch.mark();
    const second = await start();
    add(figure('inject/restart-ready', 'start with everything injected: process start to ready', 's', [second.readySeconds]));
    await watch.settled(mark, 5000, LIMIT_MS);
    add(figure('inject/restart-writes', 'writes after a restart with everything injected', 'writes', [watch.writes(mark).length]));
    add(figure('inject/restart-peak-rss', 'peak RSS after that restart', 'MB', [sampleProcess(second.operator.pid).peakRssMb]));
    return figures;
  } finally {
    await operator?.stop();
  }
}

/** Annotates 100 Deployments at once: how long each waits for its template, by the API server's own clock. */
async function burst({ api }: InjectCluster, watch: OperatorWatch, keys: readonly string[], suffix: string): Promise<readonly Figure[]> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const mark = watch.mark();
  await inFlight(keys, BURST, (key) =>
    api.patch(type, ref(key), 'application/merge-patch+json', { metadata: { annotations: { 'duotel.io/backend': 'both' } } }, USER),
  );
  await watch.patchedAll(keys, mark, 2, LIMIT_MS);
  await watch.settled(mark, 2000, LIMIT_MS);
  const waits = latencies(watch, mark, keys);
  const writes = watch.patches(mark).length / keys.length;
  return [
    figure(`inject/annotate-p50${suffix}`, `${keys.length} annotated at once: annotation stored to template patched, p50`, 'ms', [
      quantile(waits, 0.5),
    ]),
    figure(`inject/annotate-p99${suffix}`, 'the same, p99', 'ms', [quantile(waits, 0.99)]),
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
    await Promise.all([api.patch(type, ref(key), 'application/strategic-merge-patch+json', body, USER), sleep(20)]);
  }
  await watch.patchedAll(annotated, mark, 1, LIMIT_MS);
  await watch.settled(mark, 2000, LIMIT_MS);
  const waits = latencies(watch, mark, annotated);
  return [
    figure('inject/drift-p50', `drift on each of ${annotated.length} injected, 50 a second: variable gone to variable back, p50`, 'ms', [
      quantile(waits, 0.5),
    ]),
    figure('inject/drift-p99', 'the same, p99', 'ms', [quantile(waits, 0.99)]),
  ];
}

/** For each Deployment: from the answer to the user's patch to the answer to the operator's first patch after it, ms. */
function latencies(watch: OperatorWatch, mark: number, keys: readonly string[]): readonly number[] {
  const asked = new Map<string, number>();
  for (const { user, verb, resource, namespace, name, answered } of watch.requests().slice(mark)) {
    if (user === 'admin' && verb === 'patch' && resource === 'deployments') asked.set(`${namespace}/${name}`, answered);
  }
  const done = new Map<string, number>();
  for (const { namespace, name, answered, received } of watch.patches(mark)) {
    const key = `${namespace}/${name}`;
    if (!done.has(key) && received >= (asked.get(key) ?? Number.POSITIVE_INFINITY)) done.set(key, answered);
  }
  return keys.flatMap((key) => {
    const [from, to] = [asked.get(key), done.get(key)];
    return from === undefined || to === undefined ? [] : [to - from];
  });
}

/** Writes of the operator while nobody does anything. */
export async function silence(watch: OperatorWatch, seconds: number, id: string, what: string): Promise<Figure> {
  const mark = watch.mark();
  await sleep(seconds * 1000);
  return figure(id, `${what}: writes in ${seconds} s`, 'writes', [watch.writes(mark).length]);
}

function ref(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
