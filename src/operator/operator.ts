import { DEFAULT_STACK_CONFIG } from '../../api/names.ts';
import { ClusterCache } from '../controller/cluster-cache.ts';
import { Controller } from '../controller/controller.ts';
import { EventRecorder } from '../controller/events.ts';
import { errorText } from '../controller/logger.ts';
import { followOptionalKind } from '../controller/optional-kind.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { storedWorkload } from '../inject/workload/stored-workload.ts';
import { isApiError } from '../kube/kube-api.ts';
import { ensureDefaultStack } from '../stacks/default-stack.ts';
import { STACK_KINDS } from '../stacks/kinds.ts';
import { StackController } from '../stacks/stack-controller.ts';
import { storedConfigMap } from '../workloads/stored-config-map.ts';
import { WorkloadController } from '../workloads/workload-controller.ts';
import { WorkloadWatches } from '../workloads/workload-watches.ts';
import { ChangeRoutes } from './change-routes.ts';
import { collectProgram } from './collect-program.ts';
import type { ResolvedOperatorOptions } from './operator-options.ts';
import { MANAGED, stackWatches } from './stack-watches.ts';

/** Workload kinds that a stack has objects of. They are watched in the operator's namespace too. */
const OWN_WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment']);

/** Kinds that the API server may not serve, until that is known. */
const OPTIONAL_KINDS = Object.entries(WORKLOAD_KINDS).filter(([, { custom }]) => custom === true);

/**
 * Time for the lists of the namespaces in scope, before the others get their turn. A namespace that we may not read must not hold them up.
 */
const SCOPE_LISTS_MS = 5000;

/**
 * More than are annotated at once. A worker waits for three answers a workload (patch, release, event), and the last must not keep another
 * workload from its first. The client bounds the requests under way; the pace bounds the rollouts.
 */
const WORKLOADS_AT_ONCE = 128;

/** The two controllers, the caches that they read, and the events that put keys into their queues. The only place that knows both. */
export class Operator {
  readonly cache: ClusterCache;
  readonly #options: ResolvedOperatorOptions;
  readonly #stackController: StackController;
  readonly #workloadController: WorkloadController;
  readonly #stacks: Controller;
  readonly #workloads: Controller;
  readonly #defaultStack: Controller;
  readonly #program: Controller;
  readonly #routes: ChangeRoutes;
  readonly #watches: WorkloadWatches;
  /** Optional kinds, until it is known whether the API server serves them. */
  readonly #unknown = new Set(OPTIONAL_KINDS.map(([kind]) => kind));
  #synced = false;
  // If the default TelemetryStack cannot be made, that is a mistake or an API server in trouble. Nobody wishes to lose what `dist` brought.
  #mayCollect = false;

  constructor(options: ResolvedOperatorOptions) {
    const { api, logger, metrics, namespace, scope, relistMs, synth, clock, wallClock, random } = options;
    this.#options = options;
    this.cache = new ClusterCache({
      api,
      clock,
      random,
      logger,
      metrics,
      onChange: (change) => {
        if (change.kind === 'Namespace') this.#watches.observe(change);
        this.#routes.route(change);
      },
      ...(relistMs !== undefined && { relistMs }),
    });
    const shared = { api, cache: this.cache, events: new EventRecorder(api, logger, wallClock), logger, metrics, namespace, clock };
    this.#workloadController = new WorkloadController({
      ...shared,
      onCounts: (stack) => this.#stacks.queue.addAfter(stack, 500, 'drift'),
      mayCollect: (where) => [...this.#unknown].every((kind) => this.#watches.has(kind)) && this.#watches.knows(where),
      requeue: (key, afterMs) => this.#workloads.queue.addAfter(key, afterMs, 'drift'),
    });
    this.#stackController = new StackController({
      ...shared,
      wallClock,
      random,
      synth,
      mayCollect: () => this.#mayCollect,
      workloads: (stack, reverted) => this.#workloadController.counts(stack, reverted),
      lookAgain: (stack, ms) => this.#stacks.queue.addAfter(stack, ms, 'resync'),
      // A part of a stack without its label was taken for a workload until now.
      onWritten: (change) => this.#routes.routeWorkload(change),
    });
    const common = { clock, random, logger, metrics };
    this.#stacks = new Controller({ ...common, name: 'stack', concurrency: 1, reconcile: (key) => this.#stackController.reconcile(key) });
    this.#workloads = new Controller({
      ...common,
      name: 'workload',
      concurrency: WORKLOADS_AT_ONCE,
      reconcile: (key) => this.#workloadController.reconcile(key),
    });
    this.#defaultStack = new Controller({
      ...common,
      name: 'default-stack',
      concurrency: 1,
      reconcile: () => this.#makeDefaultStack(),
    });
    this.#program = new Controller({
      ...common,
      name: 'program',
      concurrency: 1,
      reconcile: () => collectProgram({ api, logger, namespace, marginMs: options.programMarginMs ?? 3_600_000 }),
    });
    this.#routes = new ChangeRoutes({
      namespace,
      scope,
      stackController: this.#stackController,
      stacks: this.#stacks.queue,
      workloadController: this.#workloadController,
      workloads: this.#workloads.queue,
      program: this.#program.queue,
    });
    this.#watches = new WorkloadWatches({ cache: this.cache, namespace, scope, onListed: () => this.#collectFiles() });
  }

  /** Why the operator is not ready, in a few words; undefined when it is. */
  get notReady(): string | undefined {
    if (!this.#synced || !this.cache.synced) return 'not synced yet';
    const stale = this.cache.stale();
    return stale.length === 0 ? undefined : `nothing heard for a minute of ${stale.join(', ')}`;
  }

  /**
   * Starts to watch, and resolves when the first lists are in.
   * @returns a promise that follows the optional kinds until `signal` aborts. It rejects when one of them cannot be followed.
   */
  async watch(signal: AbortSignal): Promise<{ readonly following: Promise<unknown> }> {
    const { namespace, scope } = this.#options;
    const builtIn = Object.entries(WORKLOAD_KINDS).filter(([, { custom }]) => custom !== true);
    await Promise.all([
      ...stackWatches(namespace, scope).map((watched) => this.cache.watch(watched, signal)),
      // The stacks' own, and the copies in the namespaces of workloads: both carry our label.
      this.#watches.add({ apiVersion: 'v1', kind: 'ConfigMap', query: MANAGED, transform: storedConfigMap }, signal, { alsoOwn: true }),
      // The stacks' own StatefulSets and Deployments are among them.
      ...builtIn.map(([kind, { apiVersion }]) =>
        this.#watches.add({ apiVersion, kind, transform: storedWorkload }, signal, { alsoOwn: OWN_WORKLOADS.has(kind) }),
      ),
    ]);
    await Promise.race([this.#watches.listed(), this.#options.clock.sleep(SCOPE_LISTS_MS, signal)]);
    this.#synced = true;
    // A standby follows them as well: a file counts as unused only when all workloads that could mount it are known.
    const following = Promise.all(OPTIONAL_KINDS.map(([kind, { apiVersion }]) => this.#follow(kind, apiVersion, signal)));
    // The caller that awaits it reports it, also when it comes while another process leads.
    following.catch(() => undefined);
    return { following };
  }

  #follow(kind: string, apiVersion: string, signal: AbortSignal): Promise<void> {
    return followOptionalKind(
      {
        api: this.#options.api,
        clock: this.#options.clock,
        logger: this.#options.logger,
        apiVersion,
        kind,
        watch: (until) => this.#watches.add({ apiVersion, kind, transform: storedWorkload, optional: true }, until),
        onGone: () => this.#watches.remove(kind),
        onKnown: () => {
          this.#unknown.delete(kind);
          this.#collectFiles();
        },
      },
      signal,
    );
  }

  /** Works as the one process that writes, until `stop` aborts. `cut` ends the requests of the reconciles that are still in hand then. */
  async work(stop: AbortSignal, cut: AbortSignal): Promise<void> {
    await this.#makeDefaultStack().catch((error: unknown) => {
      if (!isApiError(error)) throw error;
      this.#options.logger.error('default TelemetryStack cannot be made yet, controllers start without it', { error: errorText(error) });
      this.#defaultStack.queue.add(`${this.#options.namespace}/${DEFAULT_STACK_CONFIG}`);
    });
    // Also those that came by events, from a process that has led until now.
    this.#collectFiles();
    this.#options.logger.info('caches are in, controllers start', { workloads: this.#workloadController.annotated().length });
    await Promise.all([this.#stacks, this.#workloads, this.#defaultStack, this.#program].map((one) => one.run(stop, cut)));
  }

  async #makeDefaultStack(): Promise<void> {
    const { api, namespace, scope } = this.#options;
    const { outcome, stack } = await ensureDefaultStack(api, namespace, this.#options.logger, { clusterWide: scope === undefined });
    this.#options.logger.info('default TelemetryStack', { outcome });
    // Its event may come after the first workloads. Planned without it, each would be written twice.
    const change = stack && this.cache.remember(stack);
    if (change !== undefined) this.#routes.route(change);
    this.#mayCollect = outcome !== 'invalid';
    // What was left alone until now.
    for (const { kind } of STACK_KINDS) for (const object of this.cache.values(kind)) this.#routes.routeOwner(object, 'resync');
  }

  /** Files that nobody could judge when they were looked at. */
  #collectFiles(): void {
    for (const { metadata } of this.cache.values('ConfigMap')) {
      if (metadata.labels?.[FILES_LABEL] !== undefined) this.#routes.collectLater(metadata.namespace);
    }
  }
}
