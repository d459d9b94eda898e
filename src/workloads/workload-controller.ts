import type { KubeObject } from '../../api/kube-object.ts';
import type { WorkloadCounts } from '../../api/stack-status.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { EventRecorder } from '../controller/events.ts';
import type { Logger } from '../controller/logger.ts';
import type { Metrics } from '../controller/metrics.ts';
import { type DecisionInput, decideRollback, decideWaiting, decideWorkload } from '../inject/decision/decide-workload.ts';
import type { Decision } from '../inject/decision/decision.ts';
import { eventOf, type Outcome, outcome } from '../inject/decision/outcome.ts';
import { heldBack, suspendedStacks } from '../inject/decision/suspension.ts';
import { onlyStack, presentStack } from '../inject/wishes/stack-choice.ts';
import { hasOurAnnotation, hasOurs, isStub } from '../inject/workload/stored-workload.ts';
import type { Clock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { Rollouts } from './rollouts.ts';
import { StackConfigs } from './stack-configs.ts';
import { WorkloadIndex, workloadKey } from './workload-index.ts';
import { WorkloadReports } from './workload-reports.ts';
import { FileCopies } from './write/file-copies.ts';
import { injectionDigest, REPEAT_WINDOW_MS, Repeats } from './write/repeats.ts';
import { WorkloadWriter } from './write/workload-writer.ts';

export interface WorkloadControllerOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The operator's own namespace. Nothing in it is injected, and only stacks in it count. */
  readonly namespace: string;
  /** Called with `namespace/name` of a stack whose {@link WorkloadController.counts} have changed. */
  readonly onCounts: (stack: string) => void;
  /** false while the cache may lack workloads of the namespace: the files that they mount would look unused. */
  readonly mayCollect: (namespace: string) => boolean;
  readonly clock: Clock;
  /** Puts a workload back into the queue after some milliseconds. */
  readonly requeue: (key: string, afterMs: number) => void;
}

/** A shorter wait is not written on the workload, so that an injection costs two writes. Milliseconds. */
const SAID_AFTER_MS = 10_000;

/** Nothing is written yet. */
interface Wait {
  readonly action: 'wait';
  readonly outcome: Outcome;
}

/** Carries out the decision of {@link decideWorkload} for each workload: inject, record, release, and take back. */
export class WorkloadController {
  readonly #options: WorkloadControllerOptions;
  readonly #reports: WorkloadReports;
  readonly #copies: FileCopies;
  readonly #stacks: StackConfigs;
  readonly #index: WorkloadIndex;
  readonly #rollouts: Rollouts;
  readonly #repeats: Repeats;
  readonly #writer: WorkloadWriter;

  constructor(options: WorkloadControllerOptions) {
    this.#options = options;
    this.#reports = new WorkloadReports(options.metrics, options.onCounts);
    this.#copies = new FileCopies(options.api, options.cache);
    this.#stacks = new StackConfigs(options.cache, options.namespace, options.logger);
    this.#index = new WorkloadIndex(options.namespace);
    this.#rollouts = new Rollouts(options);
    this.#repeats = new Repeats(options.clock);
    this.#writer = new WorkloadWriter({
      ...options,
      index: this.#index,
      copies: this.#copies,
      rollouts: this.#rollouts,
      repeats: this.#repeats,
    });
  }

  /**
   * Takes in a change of a workload.
   * @returns whether it concerns us: it asks for something, holds something of ours, or did so.
   */
  observe(object: KubeObject | undefined, previous: KubeObject | undefined): boolean {
    if (object !== undefined) this.#index.set(object);
    else if (previous !== undefined) {
      this.#index.delete(workloadKey(previous));
      // It was reverted long ago, or concerned us by its Namespace, which is gone already.
      if (this.#reports.has(workloadKey(previous))) return true;
    }
    return [object, previous].some((one) => one !== undefined && this.#isOurs(one));
  }

  /** Keys of the workloads that are our business. */
  annotated(): readonly string[] {
    const { cache } = this.#options;
    const namespaces = cache.values('Namespace').filter(({ metadata }) => hasOurs(metadata.annotations));
    const byNamespace = namespaces.flatMap(({ metadata }) => this.#index.inNamespace(metadata.name));
    return [...new Set([...this.#index.ours(), ...byNamespace].map(({ key }) => key))];
  }

  /** The workloads of one namespace, and those that concerned us at the last look. */
  inNamespace(namespace: string): readonly string[] {
    const all = this.#index.inNamespace(namespace);
    const isOurs = hasOurs(this.#options.cache.get('Namespace', { name: namespace })?.metadata.annotations);
    return all.filter(({ key, ours }) => isOurs || ours || this.#reports.has(key)).map(({ key }) => key);
  }

  /**
   * What this process found; before that, what the workloads' own status lines say. So it is right from the first moment on.
   * @param reverted how many the stack's status counts as reverted. Those that this process reverted are added.
   */
  counts(stack: string, reverted: number): WorkloadCounts {
    const counts = { injected: 0, pending: 0, blocked: 0 };
    const only = onlyStack(this.#stacks.all().map(({ config }) => config));
    for (const entry of this.#index.ours()) {
      const state = this.#reports.outcome(entry.key)?.state ?? entry.state;
      if (state === undefined || state === 'off' || (entry.stack ?? only) !== stack) continue;
      counts[state] += 1;
    }
    return { ...counts, reverted: this.#reports.reverted(stack, reverted) };
  }

  /** Takes in that a stack is gone. */
  stackGone(stack: string): void {
    this.#reports.forget(stack);
  }

  async reconcile(key: string): Promise<void> {
    const { cache, events } = this.#options;
    const [kind = '', namespaceName = '', name = ''] = key.split('/');
    const stored = cache.get(kind, { namespace: namespaceName, name });
    const namespace = cache.get('Namespace', { name: namespaceName });
    if (stored === undefined) return this.#leave(key, namespaceName);
    // The Namespace's event may come after the workload's; it then queues its workloads.
    if (namespace === undefined) return;
    const workload = isStub(stored) ? await this.#whole(key, stored, namespace) : stored;
    // The annotation came and went before our write. Nothing was said of the workload yet, but its files were made.
    if (workload === undefined) return this.#reports.has(key) || this.#copies.owes(key) ? this.#leave(key, namespaceName) : undefined;
    const stacks = this.#stacks.all();
    const configs = stacks.map(({ config }) => config);
    const stack = presentStack(workload, configs);
    const input: DecisionInput = {
      workload,
      namespace,
      stacks: configs,
      operatorNamespace: this.#options.namespace,
      healthy: this.#index.isHealthy(workload),
    };
    const planned = decideWorkload(input);
    const target = planned.action === 'inject' ? planned.record.stack : stack;
    const held = heldBack(planned, stack, suspendedStacks(stacks));
    if (held !== undefined) {
      this.#rollouts.standDown(key);
      // If a workload is gone without a trace, what we said of it shows that, when the stack goes on.
      if (held.outcome !== undefined) this.#reports.note(key, target, held.outcome);
      return;
    }
    const deleting = planned.outcome?.reason === 'Deleting';
    // Its pods go with it. Nobody waits for them, and their place is free.
    if (deleting) this.#rollouts.end(key);
    else await this.#free(workload);
    const failure = deleting ? undefined : await this.#rollouts.failure(workload, configs);
    const decided = failure === undefined ? this.#paced(key, workload, planned) : decideRollback(input, failure);
    if (decided.action === 'inject' || decided.action === 'revert') this.#copies.owe(key);
    const decision = decided.action === 'wait' ? decided : await this.#writer.carryOut(key, workload, decided);
    if (decision === undefined) return;
    if (decision.action === 'revert' && decision.outcome?.reason === 'Reverted') this.#reports.addRevert(stack);
    if (decision.action === 'revert') {
      this.#rollouts.end(key);
      this.#writer.forget(key);
    }
    // Also in a later pass than the one that wrote. Not after a refusal: each pass makes the files again before the API server refuses
    // again.
    if (decision === decided && decision.action !== 'wait' && this.#copies.owes(key)) {
      await this.#collect(key, namespaceName);
    }
    if (decision.action === 'none' && decision.outcome?.state === 'blocked' && !hasOurAnnotation(workload)) {
      await events.record(namespace, eventOf(decision.outcome));
    }
    const last = this.#reports.outcome(key);
    // A replacement (PUT) removes annotation, record and variables at once. Nothing is left to revert, but its files are.
    if (decision.outcome === undefined && last !== undefined && isStub(stored)) return this.#leave(key, namespaceName);
    // `Reverted` is the last thing said of a workload; the next pass finds nothing to say.
    if (decision.outcome !== undefined || last?.reason !== 'Reverted') this.#reports.note(key, target, decision.outcome);
  }

  async #free(workload: KubeObject): Promise<void> {
    const { namespace, name } = workload.metadata;
    for (const pod of await this.#rollouts.free(workload)) {
      this.#options.logger.info('pod deleted', { namespace, statefulSet: name, pod });
      const message = `deleted pod ${pod}, which was made from the template that was taken back`;
      await this.#options.events.record(workload, { type: 'Normal', reason: 'RolledBack', message });
    }
  }

  /** The workload is gone, or does not concern us any more. */
  async #leave(key: string, namespace: string): Promise<void> {
    this.#rollouts.end(key);
    this.#writer.forget(key);
    await this.#collect(key, namespace);
    this.#copies.forget(key);
    // Last: if a file could not be deleted, the report of the workload brings the next pass here.
    this.#reports.note(key, undefined, undefined);
  }

  /** Deletes the files of ours in a namespace that no workload mounts any more. */
  async #collect(key: string, namespace: string): Promise<void> {
    if (this.#options.mayCollect(namespace)) await this.#copies.collect(namespace, key, () => this.#index.inNamespace(namespace));
  }

  /**
   * The whole object of a workload that is kept as a stub, if its Namespace makes it concern us, or if it has lost annotation and record in
   * one stroke: its variables may still be there. undefined: it does not concern us.
   */
  async #whole(key: string, stub: KubeObject, namespace: KubeObject): Promise<KubeObject | undefined> {
    const last = this.#reports.outcome(key)?.reason;
    if (!hasOurs(namespace.metadata.annotations) && (last === undefined || last === 'Reverted')) return undefined;
    const { api } = this.#options;
    return api.get(await api.resourceType(stub.apiVersion, stub.kind), stub.metadata);
  }

  /** The decision. If it would be a rollout too many: that the workload waits. Only a wait that lasts is written on the workload. */
  #paced(key: string, workload: KubeObject, decision: Decision): Decision | Wait {
    if (decision.action !== 'inject') {
      this.#rollouts.standDown(key);
      return decision;
    }
    const often = this.#repeats.tooOften(key, injectionDigest(decision.record));
    if (often !== undefined) {
      this.#options.requeue(key, REPEAT_WINDOW_MS);
      return decideWaiting(workload, 'Contested', often);
    }
    const admission = this.#rollouts.admit(workload, decision.config, decision.urgent);
    if (admission.kind === 'go') return decision;
    const { reason, message } = admission;
    const left = SAID_AFTER_MS - this.#rollouts.waited(key);
    if (left <= 0) return decideWaiting(workload, reason, message);
    this.#options.requeue(key, left);
    return { action: 'wait', outcome: outcome(reason, message) };
  }

  #isOurs(workload: KubeObject): boolean {
    const namespace = this.#options.cache.get('Namespace', { name: workload.metadata.namespace ?? '' });
    return this.#index.asks(workload) || (namespace !== undefined && hasOurs(namespace.metadata.annotations));
  }
}
