import type { Server } from 'node:http';
import { DEFAULT_STACK_CONFIG, OPERATOR_NAME, STACK_LABEL } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import { ClusterCache, type Watched } from '../controller/cluster-cache.ts';
import { Controller } from '../controller/controller.ts';
import { watchEventLoop } from '../controller/event-loop.ts';
import { EventRecorder } from '../controller/events.ts';
import { withGrace } from '../controller/grace.ts';
import { closeProbes, serveProbes } from '../controller/http-server.ts';
import { type Election, joinElection, LeadershipLostError, type Membership } from '../controller/leadership.ts';
import { errorText, type Logger, withContext } from '../controller/logger.ts';
import type { Metrics } from '../controller/metrics.ts';
import { followOptionalKind } from '../controller/optional-kind.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { storedWorkload } from '../inject/workload/stored-workload.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { systemClock } from '../kube/system-clock.ts';
import { ensureDefaultStack } from '../stacks/default-stack.ts';
import { STACK_KINDS, StackController, type StackControllerOptions } from '../stacks/stack-controller.ts';
import { storedConfigMap } from '../workloads/stored-config-map.ts';
import { WorkloadController } from '../workloads/workload-controller.ts';
import { WorkloadWatches } from '../workloads/workload-watches.ts';
import { ChangeRoutes } from './change-routes.ts';

export interface OperatorOptions {
  readonly api: KubeApi;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Its own namespace: where stacks are. */
  readonly namespace: string;
  /** Namespaces whose workloads are looked at; nothing is read or written elsewhere. Default: all. */
  readonly scope?: readonly string[];
  /** Where probes and metrics are served; undefined: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Undefined: this process is the only one, and writes without asking. */
  readonly election?: Election;
  /** The longest time between two lists of a kind. Default 30 minutes. */
  readonly relistMs?: number;
  /** What a stack's objects are made by. Default: the charts; tests put faults here. */
  readonly synth?: StackControllerOptions['synth'];
}

/** After a stop: for what is in hand, then for it to end when its requests have been cut. With the rest, less than the 30 s a pod has. */
const GRACE_MS = 10_000;
const CUT_MS = 3000;

/** Workload kinds that a stack has objects of: watched in the operator's namespace, too. */
const OWN_WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment']);

/** For the lists of namespaces in scope, before the others get their turn: one that is not ours to read must not hold them up. */
const SCOPE_LISTS_MS = 5000;

/**
 * More than are annotated at once: a worker waits for three answers a workload (patch, release, event), and what it waits for last must
 * not keep another workload from its first. The client bounds the requests under way; how many rollouts run at once is the pace's.
 */
const WORKLOADS_AT_ONCE = 128;

/**
 * Wires caches, controllers and probes together and runs them until `stop` aborts. Caches are kept warm while another process leads.
 * @throws LeadershipLostError when this process was the one that writes and is not any more, or the cluster was restored from a backup;
 * what it cannot start with.
 */
export async function runOperator(options: OperatorOptions, stop: AbortSignal): Promise<void> {
  // Ours as well, so that a start that fails ends whatever had started.
  const own = new AbortController();
  const signal = AbortSignal.any([stop, own.signal]);
  const { api, metrics, namespace, election, scope } = options;
  const logger = withContext(options.logger);
  const clock = systemClock;
  const random = Math.random;
  const events = new EventRecorder(api, logger);
  const cache = new ClusterCache({
    api,
    clock,
    random,
    logger,
    metrics,
    onChange: (change) => {
      if (change.kind === 'Namespace') watches.observe(change);
      routes.route(change);
    },
    ...(options.relistMs !== undefined && { relistMs: options.relistMs }),
  });
  let synced = false;
  // A default TelemetryStack that cannot be made is a mistake or an API server in trouble, no wish to be rid of what `dist` brought.
  let mayCollect = false;

  const workloads = new WorkloadController({
    api,
    cache,
    events,
    logger,
    metrics,
    namespace,
    onCounts: (stack) => stacks.queue.addAfter(stack, 500, 'drift'),
    mayCollect: (where) => [...unknown].every((kind) => watches.has(kind)) && watches.knows(where),
    clock,
    requeue: (key, afterMs) => workloadQueue.queue.addAfter(key, afterMs, 'drift'),
  });
  const stackController = new StackController({
    api,
    cache,
    events,
    logger,
    metrics,
    namespace,
    synth: options.synth ?? synthStack,
    mayCollect: () => mayCollect,
    random,
    workloads: (stack, reverted) => workloads.counts(stack, reverted),
    lookAgain: (stack, ms) => stacks.queue.addAfter(stack, ms, 'resync'),
    // A part of a stack that was without its label was taken for a workload, until now.
    onWritten: (change) => routes.routeWorkload(change),
  });
  const common = { clock, random, logger, metrics };
  const stacks = new Controller({ ...common, name: 'stack', concurrency: 1, reconcile: (key) => stackController.reconcile(key) });
  const workloadQueue = new Controller({
    ...common,
    name: 'workload',
    concurrency: WORKLOADS_AT_ONCE,
    reconcile: (key) => workloads.reconcile(key),
  });

  // Kinds that may not be served at all, until it is known whether they are.
  const optional = Object.entries(WORKLOAD_KINDS).filter(([, { custom }]) => custom === true);
  const unknown = new Set(optional.map(([kind]) => kind));

  const routes = new ChangeRoutes({
    namespace,
    scope,
    stackController,
    stacks: stacks.queue,
    workloadController: workloads,
    workloads: workloadQueue.queue,
  });

  const watches = new WorkloadWatches({ cache, namespace, scope, onListed: collectFiles });

  /** Files that nothing was known of when they were looked at. */
  function collectFiles(): void {
    for (const { metadata } of cache.values('ConfigMap')) {
      if (metadata.labels?.[FILES_LABEL] !== undefined) routes.collectLater(metadata.namespace);
    }
  }

  const defaultStack = new Controller({ ...common, name: 'default-stack', concurrency: 1, reconcile: () => makeDefaultStack() });

  async function makeDefaultStack(): Promise<void> {
    const { outcome, stack } = await ensureDefaultStack(api, namespace, logger, { clusterWide: scope === undefined });
    logger.info('default TelemetryStack', { outcome });
    // Its event may come after the first workloads: planned without it, each would be written twice.
    const change = stack && cache.remember(stack);
    if (change !== undefined) routes.route(change);
    mayCollect = outcome !== 'invalid';
    // What was left alone until now.
    for (const { kind } of STACK_KINDS) for (const object of cache.values(kind)) routes.routeOwner(object, 'resync');
  }

  let server: Server | undefined;
  let membership: Membership | undefined;
  let lost = false;
  try {
    const notReady = (): string | undefined => {
      if (!synced || !cache.synced) return 'not synced yet';
      const stale = cache.stale();
      return stale.length === 0 ? undefined : `nothing heard for a minute of ${stale.join(', ')}`;
    };
    const probes = { alive: watchEventLoop(signal), notReady, metrics: () => metrics.registry.metrics() };
    server = options.listen && (await serveProbes(probes, options.listen));
    await served(api, logger, signal);
    if (signal.aborted) return;

    const builtIn = Object.entries(WORKLOAD_KINDS).filter(([, { custom }]) => custom !== true);
    const parts = STACK_KINDS.filter(({ kind }) => kind !== 'ConfigMap' && !(kind in WORKLOAD_KINDS)).map((kind) => ({
      ...kind,
      namespace,
      query: { labelSelector: STACK_LABEL },
    }));
    const managed = { labelSelector: 'app.kubernetes.io/managed-by=duotel' };
    await Promise.all([
      ...[
        ...parts,
        { apiVersion: 'v1', kind: 'Secret', namespace, query: { labelSelector: STACK_LABEL } },
        { apiVersion: TELEMETRY_STACK.apiVersion, kind: TELEMETRY_STACK.kind, ...(scope && { namespace }) },
        ...namespaceWatches(scope),
      ].map((watched) => cache.watch(watched, signal)),
      // The stacks' own, and the copies in the namespaces of workloads: both carry our label.
      watches.add({ apiVersion: 'v1', kind: 'ConfigMap', query: managed, transform: storedConfigMap }, signal, { alsoOwn: true }),
      // The stacks' own StatefulSets and Deployments are among them.
      ...builtIn.map(([kind, { apiVersion }]) =>
        watches.add({ apiVersion, kind, transform: storedWorkload }, signal, { alsoOwn: OWN_WORKLOADS.has(kind) }),
      ),
    ]);
    await Promise.race([watches.listed(), clock.sleep(SCOPE_LISTS_MS, signal)]);
    synced = true;
    // A standby follows them as well: what is mounted by a workload of such a kind must be known before anything is taken for unused.
    const following = Promise.all(
      optional.map(([kind, { apiVersion }]) =>
        followOptionalKind(
          {
            api,
            clock,
            logger,
            apiVersion,
            kind,
            watch: (until) => watches.add({ apiVersion, kind, transform: storedWorkload, optional: true }, until),
            onGone: () => watches.remove(kind),
            onKnown: () => {
              unknown.delete(kind);
              collectFiles();
            },
          },
          signal,
        ),
      ),
    );
    // Told below, also when it comes while another process leads.
    following.catch(() => undefined);
    if (election !== undefined) {
      const onLost = (): void => {
        lost = true;
        own.abort();
      };
      membership = joinElection({ election, name: OPERATOR_NAME, namespace, clock, random, logger, metrics, onLost });
      await withGrace(membership.leading, signal, 0);
    }
    if (lost) throw new LeadershipLostError();
    if (signal.aborted) return;
    await makeDefaultStack().catch((error: unknown) => {
      if (!isApiError(error)) throw error;
      logger.error('default TelemetryStack cannot be made yet, controllers start without it', { error: errorText(error) });
      defaultStack.queue.add(`${namespace}/${DEFAULT_STACK_CONFIG}`);
    });
    // Also what came by events, from a process that has led until now.
    collectFiles();
    logger.info('caches are in, controllers start', { workloads: workloads.annotated().length });
    const cut = new AbortController();
    const working = Promise.all([...[stacks, workloadQueue, defaultStack].map((one) => one.run(signal, cut.signal)), following]);
    const ended = await withGrace(working, signal, GRACE_MS);
    cut.abort();
    if (ended === 'cut') await withGrace(working, signal, CUT_MS);
  } finally {
    own.abort();
    // Only now, when nothing of ours is under way: the next one starts on a cluster that is at rest.
    await membership?.leave();
    await withGrace(cache.stopped(), signal, CUT_MS);
    await closeProbes(server);
    logger.info('stopped');
  }
  if (lost) throw new LeadershipLostError();
}

/** By name where there is a scope: that is a right which can be bound to names. */
function namespaceWatches(scope: readonly string[] | undefined): readonly Watched[] {
  const watched = { apiVersion: 'v1', kind: 'Namespace' };
  return scope?.map((name) => ({ ...watched, query: { fieldSelector: `metadata.name=${name}` } })) ?? [watched];
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
