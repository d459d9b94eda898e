import { ANNOTATION, PREFIX } from '../api/annotations.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { FIELD_MANAGER } from '../api/names.ts';
import { WORKLOAD_KINDS, workloadKind } from '../inject/kinds.ts';
import { eventOf, type Outcome } from '../inject/outcome.ts';
import { type Patch, type Plan, planRefused, planWorkload } from '../inject/plan.ts';
import { podTemplate } from '../inject/pod-template.ts';
import { readRecord } from '../inject/record.ts';
import { releasePatch } from '../inject/release.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { objectKey } from '../kube/reflector.ts';
import type { ClusterCache } from './cluster-cache.ts';
import type { EventRecorder } from './events.ts';
import { FileCopies } from './file-copies.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { type StackConfig, StackConfigs } from './stack-configs.ts';
import type { WorkloadCounts } from './stack-status.ts';

export interface WorkloadControllerOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The operator's own namespace: nothing in it is injected into, and only stacks in it count. */
  readonly namespace: string;
  /** Called with `namespace/name` of a stack whose {@link WorkloadController.counts} have changed. */
  readonly onCounts: (stack: string) => void;
}

interface Reported {
  /** `namespace/name`; undefined when the workload belongs to none. */
  readonly stack: string | undefined;
  readonly outcome: Outcome;
}

/** Carries out what {@link planWorkload} decides for each workload: inject, record, release, and take back. */
export class WorkloadController {
  readonly #options: WorkloadControllerOptions;
  readonly #reported = new Map<string, Reported>();
  readonly #reverts = new Map<string, { readonly base: number; since: number }>();
  readonly #copies: FileCopies;
  readonly #stacks: StackConfigs;

  constructor(options: WorkloadControllerOptions) {
    this.#options = options;
    this.#copies = new FileCopies(options.api, options.cache);
    this.#stacks = new StackConfigs(options.cache, options.namespace, options.logger);
  }

  /** Whether a change of a workload is any of our business: it asks for something, holds something of ours, or did so before. */
  concerns(object: KubeObject | undefined, previous: KubeObject | undefined): boolean {
    return [object, previous].some((one) => one !== undefined && this.#isOurs(one));
  }

  /** Keys of the workloads that are our business. */
  annotated(): readonly string[] {
    return this.#all()
      .filter((workload) => this.#isOurs(workload))
      .map(workloadKey);
  }

  /** Those of one namespace, and those that were our business when last looked at. */
  inNamespace(namespace: string): readonly string[] {
    const all = this.#all().filter((workload) => workload.metadata.namespace === namespace);
    return all.filter((one) => this.#isOurs(one) || this.#reported.has(workloadKey(one))).map(workloadKey);
  }

  /**
   * What the workloads' own status lines say, so that it is right from the first moment of a new process on.
   * @param reverted how many were reverted by the stack's status; what this process reverted comes on top.
   */
  counts(stack: string, reverted: number): WorkloadCounts {
    const counts = { injected: 0, pending: 0, blocked: 0 };
    const stacks = this.#stacks.all();
    for (const workload of this.#all()) {
      const state = /^(injected|pending|blocked) /i.exec(workload.metadata.annotations?.[ANNOTATION.status] ?? '')?.[1]?.toLowerCase();
      if (state === undefined || this.#stackOf(workload, stacks) !== stack) continue;
      counts[state as keyof typeof counts] += 1;
    }
    const before = this.#reverts.get(stack) ?? { base: reverted, since: 0 };
    this.#reverts.set(stack, before);
    return { ...counts, reverted: before.base + before.since };
  }

  async reconcile(key: string): Promise<void> {
    const { cache, events } = this.#options;
    const [kind = '', namespaceName = '', name = ''] = key.split('/');
    const workload = cache.get(kind, { namespace: namespaceName, name });
    const namespace = cache.get('Namespace', { name: namespaceName });
    if (workload === undefined) {
      this.#note(key, undefined, undefined);
      return this.#copies.collect(namespaceName, this.#all());
    }
    // The Namespace's event may come after the workload's: it queues its workloads then.
    if (namespace === undefined) return;
    const stacks = this.#stacks.all();
    const stack = this.#stackOf(workload, stacks);
    const planned = planWorkload({
      workload,
      namespace,
      stacks: stacks.map(({ config }) => config),
      operatorNamespace: this.#options.namespace,
    });
    const target = planned.action === 'inject' ? planned.record.stack : stack;
    if (stacks.some(({ config, suspended }) => suspended && [stack, target].includes(objectKey(config.stack)))) return;
    const plan = await this.#carryOut(key, workload, planned);
    if (plan === undefined) return;
    const reverts = plan.action === 'revert' && stack !== undefined ? this.#reverts.get(stack) : undefined;
    if (reverts !== undefined) reverts.since += 1;
    if (plan.action === 'inject' || plan.action === 'revert') await this.#copies.collect(namespaceName, this.#all());
    if (plan.action === 'none' && plan.outcome?.state === 'blocked' && !hasOurAnnotation(workload)) {
      await events.record(namespace, eventOf(plan.outcome));
    }
    // `Reverted` is the last that is said of a workload; the next pass finds nothing to say.
    const last = this.#reported.get(key);
    if (plan.outcome !== undefined || last?.outcome.reason !== 'Reverted') this.#note(key, target, plan.outcome);
  }

  /** @returns the plan that was carried out: the one given, or, where the API server refused it, the one that tells people. */
  async #carryOut(key: string, workload: KubeObject, plan: Plan): Promise<Plan | undefined> {
    let answer: KubeObject | undefined;
    try {
      const needs = 'needs' in plan ? plan.needs : [];
      answer = await this.#copies.during(key, needs, async () => (plan.action === 'none' ? undefined : this.#patch(workload, plan.patch)));
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      const final = isApiError(error, 'Invalid') || isApiError(error, 'Forbidden') || isApiError(error, 'BadRequest');
      // A release that lost a race is planned again on the next event; everything else that is refused for good is told to people.
      if (!final || (plan.action !== 'inject' && plan.action !== 'revert')) throw error;
      return this.#carryOut(key, workload, planRefused(workload, error.body.message));
    }
    if (answer === undefined || plan.action === 'none') return plan;
    await this.#release(workload, answer);
    if (plan.action === 'release') return plan;
    const { namespace = '', name } = workload.metadata;
    const { kind } = workload;
    this.#options.logger.info('workload written', { action: plan.action, kind, namespace, name, reason: plan.outcome.reason });
    await this.#options.events.record(workload, plan.event);
    return plan;
  }

  /** Gives up the field ownership that our patch has just left. If this fails, or never happens, the next pass does it. */
  async #release(workload: KubeObject, answer: KubeObject): Promise<void> {
    const { cache } = this.#options;
    cache.remember(answer);
    const release = releasePatch(answer);
    if (release === undefined) return;
    try {
      cache.remember(await this.#patch(workload, { type: 'application/json-patch+json', body: release }));
    } catch (error) {
      // Somebody else wrote in between and our entry has moved; their event brings the next pass, which releases.
      if (!isApiError(error, 'Invalid') && !isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
    }
  }

  async #patch(workload: KubeObject, patch: Patch): Promise<KubeObject> {
    const { api } = this.#options;
    const type = await api.resourceType(workload.apiVersion, workload.kind);
    return api.patch(type, workload.metadata, patch.type, patch.body, { fieldManager: FIELD_MANAGER });
  }

  #all(): readonly KubeObject[] {
    return Object.keys(WORKLOAD_KINDS).flatMap((kind) => this.#options.cache.values(kind));
  }

  /** The stack that a workload counts for: the recorded one, else the only one. */
  #stackOf(workload: KubeObject, stacks: readonly StackConfig[]): string | undefined {
    const record = readRecord(workload);
    if (typeof record !== 'string') return record.stack;
    const [only, ...others] = stacks;
    return only === undefined || others.length > 0 ? undefined : objectKey(only.config.stack);
  }

  #isOurs(workload: KubeObject): boolean {
    const namespace = this.#options.cache.get('Namespace', { name: workload.metadata.namespace ?? '' });
    return hasOurAnnotation(workload) || (namespace !== undefined && hasOurs(namespace.metadata.annotations));
  }

  /** Remembers what was found last and publishes the difference; no outcome, no workload of ours any more. */
  #note(key: string, stack: string | undefined, outcome: Outcome | undefined): void {
    const { metrics, onCounts } = this.#options;
    const before = this.#reported.get(key);
    if (before?.stack === stack && before?.outcome.reason === outcome?.reason) return;
    if (before !== undefined) metrics.workloads.dec({ state: before.outcome.state, reason: before.outcome.reason });
    if (outcome === undefined) this.#reported.delete(key);
    else {
      metrics.workloads.inc({ state: outcome.state, reason: outcome.reason });
      this.#reported.set(key, { stack, outcome });
    }
    for (const one of new Set([before?.stack, stack])) if (one !== undefined) onCounts(one);
  }
}

/** `Kind/namespace/name`: what the queue holds. */
export function workloadKey(workload: KubeObject): string {
  return `${workload.kind}/${objectKey(workload.metadata)}`;
}

function hasOurs(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(annotations ?? {}).some((key) => key.startsWith(PREFIX));
}

/** On the workload, or on its pod template, where people put it by mistake. */
function hasOurAnnotation(workload: KubeObject): boolean {
  if (hasOurs(workload.metadata.annotations)) return true;
  const template = workloadKind(workload) === undefined ? undefined : podTemplate(workload);
  return hasOurs(template?.metadata?.annotations);
}
