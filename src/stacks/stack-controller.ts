import { milliseconds } from '../../api/duration.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { grafanaAdminSecret } from '../../api/names.ts';
import { stackParts } from '../../api/stack-parts.ts';
import { statusOf, type WorkloadCounts } from '../../api/stack-status.ts';
import type { TelemetryStackSpec } from '../../api/telemetry-stack.ts';
import { type ResolvedStackSpec, resolveStackSpec, TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { subject } from '../apply/action.ts';
import { applySet } from '../apply/apply-set.ts';
import { entryId, objectEntry, union } from '../apply/inventory.ts';
import { ApplyMemory } from '../apply/memory.ts';
import { isWrite, type Problem, type Result } from '../apply/result.ts';
import type { Change, ClusterCache } from '../controller/cluster-cache.ts';
import type { EventRecorder } from '../controller/events.ts';
import { errorText, type Logger } from '../controller/logger.ts';
import type { Metrics } from '../controller/metrics.ts';
import type { Clock, Random, WallClock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { objectKey } from '../kube/object-key.ts';
import { type Components, componentLines, podReason } from './components.ts';
import { formerParts } from './deletion.ts';
import { createGrafanaAdmin } from './grafana-admin.ts';
import { LeftOvers } from './left-overs.ts';
import { isWhole, stackLive } from './live-objects.ts';
import { optionalKindProblem } from './optional-rights.ts';
import { stackPolicies } from './policies.ts';
import { retried, stalledBy } from './problems.ts';
import { RenderedStacks, type Synth } from './rendered-stacks.ts';
import { RECONCILE_AT, refusedOutcome, type StackOutcome } from './status.ts';
import { StatusWriter } from './status-writer.ts';
import { collectInventory, readInventory, storeInventory } from './stored-inventory.ts';

/** How often objects of unwatched kinds are read, when nothing else starts a pass; give or take a tenth. */
const UNWATCHED_LOOK_MS = 600_000;

export interface StackControllerOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The namespace of the operator. It refuses stacks elsewhere, so it needs no rights there. */
  readonly namespace: string;
  readonly synth: Synth;
  /** false while nobody knows which stacks are wanted. Objects that belong to none are left alone then. */
  readonly mayCollect: () => boolean;
  /** `reverted`: their number by the stack's status so far. */
  readonly workloads: (stack: string, reverted: number) => WorkloadCounts;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly random: Random;
  /** Looks at a stack again after some milliseconds, though nothing may have changed by then. */
  readonly lookAgain: (stack: string, ms: number) => void;
  /** Called with the object that a write has put into the cache: the event of that write brings no change any more. */
  readonly onWritten: (change: Change) => void;
}

/** Keeps the objects of each TelemetryStack as its spec says, and its status as they are. */
export class StackController {
  readonly #options: StackControllerOptions;
  readonly #memory: ApplyMemory;
  readonly #rendered: RenderedStacks;
  readonly #leftOvers: LeftOvers;
  readonly #status: StatusWriter;

  constructor(options: StackControllerOptions) {
    this.#options = options;
    const { clock, wallClock } = options;
    this.#memory = new ApplyMemory(() => clock.now());
    this.#rendered = new RenderedStacks(options.synth);
    this.#leftOvers = new LeftOvers({ ...options, now: wallClock, sleep: (ms) => clock.sleep(ms) });
    this.#status = new StatusWriter(options);
  }

  async reconcile(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const stack = this.#options.cache.get(TELEMETRY_STACK.kind, { namespace, name });
    if (stack === undefined) return this.#collect(namespace, name);
    if (stack.metadata.deletionTimestamp !== undefined) return;
    const isOurs = namespace === this.#options.namespace;
    const outcome = isOurs
      ? await this.#apply(stack).catch((error) => this.#failed(stack, error))
      : refusedOutcome(stack, this.#options.namespace);
    if (outcome === undefined) return;
    await this.#status.report(stack, outcome);
    if (outcome.failures.length > 0) throw new Error(outcome.failures.join('; '));
  }

  /** Remembers a stack as it was last seen, before it was gone. */
  seen(stack: KubeObject): void {
    if (stack.metadata.namespace === this.#options.namespace) this.#leftOvers.seen(stack);
  }

  /** If a spec cannot be rendered, nothing changes, and the status says so. Workloads go on. */
  #failed(stack: KubeObject, error: unknown): StackOutcome {
    const { components = [] } = statusOf(stack);
    const workloads = this.#workloads(stack);
    // The latest inventory: before the pass failed, it may have added objects that it has made by now.
    const { inventory = [], inventoryConfigMaps = [] } = statusOf(this.#status.latest(stack));
    const failures = [`${describe(stack)}: ${errorText(error)}`];
    return { failures, suspended: false, tried: false, components, inventory, inventoryConfigMaps, workloads };
  }

  async #apply(stack: KubeObject): Promise<StackOutcome> {
    const { api, cache, clock, wallClock, random } = this.#options;
    const { name, namespace = '', generation = 0 } = stack.metadata;
    const spec = resolveStackSpec(stack['spec'] as TelemetryStackSpec);
    const key = objectKey(stack.metadata);
    await this.#leftOvers.tend(stack);
    if (spec.suspend) return this.#untried(stack, spec, { suspended: true });

    const { objects: desired, digest } = this.#rendered.render(name, namespace, spec);
    const lacking = await optionalKindProblem(api, desired, namespace);
    if (lacking !== undefined) {
      // No event tells us when a missing kind or right comes.
      this.#options.lookAgain(key, 60_000);
      return this.#untried(stack, spec, { stalled: lacking });
    }
    if (stack.metadata.annotations?.[RECONCILE_AT] !== statusOf(stack).lastHandledReconcileAt) {
      this.#memory.forget(desired.map((object) => entryId(objectEntry(object))));
    }
    const known = await readInventory(api, stack);
    const inventory = known.length > 0 ? known : await formerParts(api, cache, { namespace, name });
    const policies = stackPolicies(stack, spec);
    const { results, inventory: kept } = await applySet({
      api,
      desired,
      inventory,
      policies,
      live: await stackLive(api, cache, union(inventory, desired.map(objectEntry))),
      partial: ({ kind, namespace: where }) => cache.watches(kind, where),
      memory: this.#memory,
      now: wallClock,
      sleep: (ms) => clock.sleep(ms),
      record: async (widened) => this.#status.patch(stack, await storeInventory(api, stack, widened)),
    });
    this.#note(name, results);
    // No event says that these have changed.
    if (desired.some(({ kind, metadata }) => !cache.watches(kind, metadata.namespace)))
      this.#options.lookAgain(key, UNWATCHED_LOOK_MS * (0.9 + random() / 5));
    const problems = this.#problems(key, results);
    const failures = [...retried(problems)];
    if (spec.grafana.mode === 'managed' && cache.get('Secret', { namespace, name: grafanaAdminSecret(name) }) === undefined) {
      const failure = await createGrafanaAdmin(api, name, namespace).catch(errorText);
      if (failure !== undefined) failures.push(failure);
    }
    const { lines: components, failed } = await this.#components(stack, spec, results);
    const stored = await storeInventory(api, stack, kept);
    await collectInventory(api, cache.values('ConfigMap'), name, [
      ...(stored.inventoryConfigMaps ?? []),
      // The status still names them until it is written.
      ...(statusOf(this.#status.latest(stack)).inventoryConfigMaps ?? []),
    ]);
    return {
      suspended: false,
      tried: true,
      components,
      workloads: this.#workloads(stack),
      ...stalledBy(problems, failed),
      failures,
      ...stored,
      ...(problems.length === 0 && { applied: { digest, generation } }),
    };
  }

  /** The status of a pass that leaves the objects as they are. */
  async #untried(stack: KubeObject, spec: ResolvedStackSpec, why: Partial<StackOutcome>): Promise<StackOutcome> {
    const { inventory = [], inventoryConfigMaps = [] } = statusOf(stack);
    const { lines: components } = await this.#components(stack, spec, []);
    const workloads = this.#workloads(stack);
    return { suspended: false, tried: false, components, workloads, failures: [], inventory, inventoryConfigMaps, ...why };
  }

  #workloads(stack: KubeObject): WorkloadCounts {
    return this.#options.workloads(objectKey(stack.metadata), statusOf(stack).workloads?.reverted ?? 0);
  }

  /** Puts the API server's answers into the cache, and what was done into the log. */
  #note(stack: string, results: readonly Result[]): void {
    const { metrics, logger } = this.#options;
    for (const result of results) {
      if (!isWrite(result)) continue;
      const { action, outcome, object } = result;
      const { kind } = subject(action);
      if (object !== undefined) this.#remember(object);
      metrics.driftCorrections.inc({ kind });
      const paths = action.type === 'update' ? action.differences.map((difference) => difference.path).join(', ') : undefined;
      logger.info('object written', {
        stack,
        action: outcome,
        object: describe(subject(action)),
        ...(paths !== undefined && { fields: paths.slice(0, 500) }),
      });
    }
  }

  #remember(object: KubeObject): void {
    const change = this.#options.cache.remember(object);
    if (change !== undefined) this.#options.onWritten(change);
  }

  /** Everything that is wrong with the objects. Those that others keep changing are looked at again when they may be written. */
  #problems(key: string, results: readonly Result[]): readonly Problem[] {
    const contests = results.flatMap(({ action }) => ('object' in action ? (this.#memory.contest(action.object) ?? []) : []));
    for (const { ms } of contests) this.#options.lookAgain(key, ms);
    return [...results.flatMap(({ problem }) => problem ?? []), ...contests];
  }

  async #components(stack: KubeObject, spec: ResolvedStackSpec, results: readonly Result[]): Promise<Components> {
    const { api, cache, lookAgain, wallClock } = this.#options;
    const { name, namespace = '', generation } = stack.metadata;
    const { components = [], observedGeneration } = statusOf(stack);
    const written = new Set(results.filter(isWrite).map(({ action }) => subject(action).metadata.name));
    const found = await componentLines({
      stack,
      parts: stackParts(spec),
      live: ({ kind }, named) => {
        const cached = cache.get(kind, { namespace, name: named });
        if (cached !== undefined && isWhole(cached)) return cached;
        return results.find(({ object }) => object?.kind === kind && object.metadata.name === named)?.object ?? cached;
      },
      before: observedGeneration === generation ? components.filter((line) => !written.has(`${name}-${line.name}`)) : [],
      deadlineMs: milliseconds(spec.reconcile.readinessDeadline),
      now: wallClock(),
      why: (part) => podReason(api, stack, part),
    });
    if (found.lookIn !== undefined) lookAgain(`${namespace}/${name}`, found.lookIn + 1000);
    return found;
  }

  async #collect(namespace: string, name: string): Promise<void> {
    if (namespace !== this.#options.namespace || !this.#options.mayCollect()) return;
    this.#memory.forget(this.#rendered.forget(name).map((object) => entryId(objectEntry(object))));
    await this.#leftOvers.collect({ namespace, name });
  }
}
