import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { synthStack } from '../../charts/synth-stack.ts';
import { PREFIX } from '../api/annotations.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { STACK_LABEL } from '../api/names.ts';
import { TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { FILES_LABEL } from '../inject/config-map.ts';
import { WORKLOAD_KINDS } from '../inject/kinds.ts';
import { systemClock } from '../kube/clock.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { type Change, ClusterCache } from './cluster-cache.ts';
import { Controller } from './controller.ts';
import { ensureDefaultStack } from './default-stack.ts';
import { EventRecorder } from './events.ts';
import { serveProbes } from './http-server.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { STACK_KINDS, StackController } from './stack-controller.ts';
import { WorkloadController } from './workload-controller.ts';

export interface OperatorOptions {
  readonly api: KubeApi;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Its own namespace: where stacks are. */
  readonly namespace: string;
  /** Where probes and metrics are served; undefined: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number };
}

/** Wires caches, controllers and probes together and runs them until `stop` aborts. Rejects when it cannot start. */
export async function runOperator(options: OperatorOptions, stop: AbortSignal): Promise<void> {
  // Ours as well, so that a start that fails ends whatever had started.
  const own = new AbortController();
  const signal = AbortSignal.any([stop, own.signal]);
  const { api, logger, metrics, namespace } = options;
  const clock = systemClock;
  const random = Math.random;
  const events = new EventRecorder(api, logger);
  const cache = new ClusterCache({ api, clock, random, logger, metrics, onChange: (change) => routeChange(change) });
  let synced = false;
  // A default TelemetryStack that cannot be made is a mistake in its ConfigMap, no wish to be rid of what `dist` brought.
  let mayCollect = true;

  const workloads = new WorkloadController({
    api,
    cache,
    events,
    logger,
    metrics,
    namespace,
    onCounts: (stack) => stacks.queue.addAfter(stack, 500, 'drift'),
  });
  const stackController = new StackController({
    api,
    cache,
    events,
    logger,
    metrics,
    namespace,
    synth: synthStack,
    mayCollect: () => mayCollect,
    workloads: (stack, reverted) => workloads.counts(stack, reverted),
  });
  const common = { clock, random, logger, metrics };
  const stacks = new Controller({ ...common, name: 'stack', concurrency: 1, reconcile: (key) => stackController.reconcile(key) });
  const workloadQueue = new Controller({ ...common, name: 'workload', concurrency: 4, reconcile: (key) => workloads.reconcile(key) });

  function routeChange({ kind, key, object, previous, resync }: Change): void {
    const priority = resync ? 'resync' : 'user';
    switch (kind) {
      case TELEMETRY_STACK.kind:
        stacks.queue.add(key, priority);
        // A new status is no news for workloads.
        if (object?.metadata.generation === previous?.metadata.generation && object?.metadata.uid === previous?.metadata.uid) return;
        for (const workload of workloads.annotated()) workloadQueue.queue.add(workload, 'drift');
        return;
      case 'Namespace':
        if (previous !== undefined && sameAnnotations(object, previous)) return;
        for (const workload of workloads.inNamespace(key)) workloadQueue.queue.add(workload, 'drift');
        return;
      default: {
        if (kind in WORKLOAD_KINDS && workloads.concerns(object, previous)) workloadQueue.queue.add(`${kind}/${key}`, priority);
        // Both: a label that somebody took off is drift as well.
        for (const one of [object, previous]) {
          const { labels, namespace: where = '' } = one?.metadata ?? {};
          const owner = labels?.[STACK_LABEL];
          if (owner !== undefined && where === namespace) stacks.queue.add(`${namespace}/${owner}`, resync ? 'resync' : 'drift');
          if (labels?.[FILES_LABEL] !== undefined && object === undefined) {
            for (const workload of workloads.inNamespace(where)) workloadQueue.queue.add(workload, 'drift');
          }
        }
      }
    }
  }

  let server: Server | undefined;
  try {
    const probes = { alive: watchEventLoop(signal), ready: () => synced && cache.synced, metrics: () => metrics.registry.metrics() };
    server = options.listen && (await serveProbes(probes, options.listen));
    await served(api, logger, signal);
    if (signal.aborted) return;
    const outcome = await ensureDefaultStack(api, namespace, logger);
    logger.info('default TelemetryStack', { outcome });
    mayCollect = outcome !== 'invalid';

    const parts = STACK_KINDS.filter(({ kind }) => kind !== 'ConfigMap' && !(kind in WORKLOAD_KINDS)).map((kind) => ({
      ...kind,
      namespace,
      query: { labelSelector: STACK_LABEL },
    }));
    await Promise.all(
      [
        ...parts,
        { apiVersion: 'v1', kind: 'Secret', namespace, query: { labelSelector: STACK_LABEL } },
        // The stacks' own, and the copies in the namespaces of workloads: both carry our label.
        { apiVersion: 'v1', kind: 'ConfigMap', query: { labelSelector: 'app.kubernetes.io/managed-by=duotel' } },
        { apiVersion: 'v1', kind: 'Namespace' },
        { apiVersion: TELEMETRY_STACK.apiVersion, kind: TELEMETRY_STACK.kind },
        // The stacks' own StatefulSets are among them.
        ...Object.entries(WORKLOAD_KINDS).map(([kind, { apiVersion }]) => ({ apiVersion, kind })),
      ].map((watched) => cache.watch(watched, signal)),
    );
    synced = true;
    logger.info('caches are in, controllers start', { workloads: workloads.annotated().length });
    const working = Promise.all([stacks.run(signal), workloadQueue.run(signal)]);
    // After a stop, what is in hand may end; what hangs is cut off when the caller closes the API.
    await Promise.race([working, grace(signal)]);
  } finally {
    own.abort();
    await Promise.race([cache.stopped(), grace(signal)]);
    await closed(server);
    logger.info('stopped');
  }
}

/** Waits until the API server serves TelemetryStacks: `kubectl apply -f dist` brings the CRD and us at the same moment. */
async function served(api: KubeApi, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let said = false; !signal.aborted; said = true) {
    try {
      await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
      return;
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (!said) logger.info('waiting for the TelemetryStack CRD', { error: errorText(error) });
    }
    await systemClock.sleep(500, signal);
  }
}

/** A typo in the name of an annotation is news too: the plan refuses it. */
function sameAnnotations(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  const ours = (object: KubeObject | undefined): string =>
    JSON.stringify(
      Object.entries(object?.metadata.annotations ?? {})
        .filter(([key]) => key.startsWith(PREFIX))
        .sort(),
    );
  return ours(a) === ours(b);
}

/** Ends ten seconds after the signal aborts. */
async function grace(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await delay(10_000, undefined, { ref: false });
}

/** true as long as the event loop has turned within the last 30 s. */
function watchEventLoop(signal: AbortSignal): () => boolean {
  let last = performance.now();
  void (async () => {
    while (!signal.aborted) {
      last = performance.now();
      await systemClock.sleep(1000, signal);
    }
  })();
  return () => performance.now() - last < 30_000;
}

async function closed(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([done, delay(1000)]);
  server.closeAllConnections();
}
