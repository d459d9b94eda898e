import { isDeepStrictEqual } from 'node:util';
import { bootstrapFiles, pricingFile } from '../../bootstrap/files.ts';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import { ANNOTATION, PREFIX } from '../api/annotations.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { FIELD_MANAGER } from '../api/names.ts';
import { resolveStackSpec, TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { type InjectionAssets, type InjectionConfig, injectionConfig } from '../inject/config.ts';
import { FILES_LABEL } from '../inject/config-map.ts';
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
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
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
  readonly #assets: InjectionAssets = { python: bootstrapFiles('python'), pricing: pricingFile() };
  readonly #configs = new Map<string, { readonly spec: unknown; readonly config: InjectionConfig; readonly suspended: boolean }>();

  constructor(options: WorkloadControllerOptions) {
    this.#options = options;
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
    const stacks = this.#stacks();
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
    const { cache } = this.#options;
    const [kind = '', namespaceName = '', name = ''] = key.split('/');
    const workload = cache.get(kind, { namespace: namespaceName, name });
    const namespace = cache.get('Namespace', { name: namespaceName });
    if (workload === undefined) {
      this.#forget(key);
      return this.#collectCopies(namespaceName);
    }
    // The Namespace's event may come after the workload's: it queues its workloads then.
    if (namespace === undefined) return;
    const stacks = this.#stacks();
    const stack = this.#stackOf(workload, stacks);
    if (stacks.find(({ config }) => objectKey(config.stack) === stack)?.suspended) return;
    const plan = planWorkload({
      workload,
      namespace,
      stacks: stacks.map(({ config }) => config),
      operatorNamespace: this.#options.namespace,
    });
    await this.#carryOut(workload, plan);
    const reverts = plan.action === 'revert' && stack !== undefined ? this.#reverts.get(stack) : undefined;
    if (reverts !== undefined) reverts.since += 1;
    if (plan.action === 'inject' || plan.action === 'revert') await this.#collectCopies(namespaceName);
    if (plan.action === 'none' && plan.outcome?.state === 'blocked' && !hasOurAnnotation(workload)) {
      await this.#options.events.record(namespace, eventOf(plan.outcome));
    }
    this.#note(key, plan.action === 'inject' ? plan.record.stack : stack, plan.outcome);
  }

  async #carryOut(workload: KubeObject, plan: Plan): Promise<void> {
    if ('needs' in plan) await this.#provide(plan.needs);
    if (plan.action === 'none') return;
    let answer: KubeObject;
    try {
      answer = await this.#patch(workload, plan.patch);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      const final = isApiError(error, 'Invalid') || isApiError(error, 'Forbidden') || isApiError(error, 'BadRequest');
      // A release that lost a race is planned again on the next event; everything else that is refused for good is told to people.
      if (!final || plan.action === 'release' || plan.action === 'status') throw error;
      return this.#carryOut(workload, planRefused(workload, error.body.message));
    }
    await this.#release(workload, answer);
    if (plan.action === 'release') return;
    const { namespace = '', name } = workload.metadata;
    this.#options.logger.info('workload written', {
      action: plan.action,
      kind: workload.kind,
      namespace,
      name,
      reason: plan.outcome.reason,
    });
    await this.#options.events.record(workload, plan.event);
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

  /** Creates the ConfigMaps that are missing. They never change, so one that is there is right. */
  async #provide(needs: readonly KubeObject[]): Promise<void> {
    const { api, cache } = this.#options;
    for (const object of needs) {
      if (cache.get('ConfigMap', object.metadata) !== undefined) continue;
      const type = await api.resourceType('v1', 'ConfigMap');
      const query = { fieldManager: FIELD_MANAGER, force: true };
      cache.remember(await api.patch(type, object.metadata, 'application/apply-patch+yaml', object, query));
    }
  }

  /** Deletes our ConfigMaps in a namespace that no record there names any more. */
  async #collectCopies(namespace: string): Promise<void> {
    const { api, cache } = this.#options;
    const used = new Set<string>();
    for (const workload of this.#all()) {
      const record = workload.metadata.namespace === namespace ? readRecord(workload) : 'absent';
      if (typeof record !== 'string') for (const configMap of Object.values(record.volumes)) used.add(configMap);
    }
    for (const copy of cache.values('ConfigMap')) {
      const { labels, namespace: where, name, uid } = copy.metadata;
      if (where !== namespace || labels?.[FILES_LABEL] === undefined || used.has(name)) continue;
      await api.delete(await api.resourceType('v1', 'ConfigMap'), copy.metadata, uid === undefined ? {} : { uid });
    }
  }

  #all(): readonly KubeObject[] {
    return Object.keys(WORKLOAD_KINDS).flatMap((kind) => this.#options.cache.values(kind));
  }

  #stacks(): readonly { readonly config: InjectionConfig; readonly suspended: boolean }[] {
    const { cache, namespace } = this.#options;
    return cache
      .values(TELEMETRY_STACK.kind)
      .filter((stack) => stack.metadata.namespace === namespace && stack.metadata.deletionTimestamp === undefined)
      .map((stack) => {
        const key = objectKey(stack.metadata);
        const known = this.#configs.get(key);
        if (known !== undefined && isDeepStrictEqual(known.spec, stack['spec'])) return known;
        const spec = resolveStackSpec(stack['spec'] as TelemetryStackSpec);
        const config = injectionConfig({ name: stack.metadata.name, namespace, spec }, this.#assets);
        const fresh = { spec: stack['spec'], config, suspended: spec.suspend };
        this.#configs.set(key, fresh);
        return fresh;
      });
  }

  /** The stack that a workload counts for: the recorded one, else the only one. */
  #stackOf(workload: KubeObject, stacks: readonly { readonly config: InjectionConfig }[]): string | undefined {
    const record = readRecord(workload);
    if (typeof record !== 'string') return record.stack;
    const [only, ...others] = stacks;
    return only === undefined || others.length > 0 ? undefined : objectKey(only.config.stack);
  }

  #isOurs(workload: KubeObject): boolean {
    const namespace = this.#options.cache.get('Namespace', { name: workload.metadata.namespace ?? '' });
    return hasOurAnnotation(workload) || (namespace !== undefined && hasOurs(namespace.metadata.annotations));
  }

  #note(key: string, stack: string | undefined, outcome: Outcome | undefined): void {
    const before = this.#reported.get(key);
    // `Reverted` is the last that is said of a workload; the next pass finds nothing to say.
    if (outcome === undefined && before?.outcome.reason === 'Reverted') return;
    if (outcome === undefined) {
      this.#forget(key);
      return;
    }
    if (before?.stack === stack && before?.outcome.reason === outcome.reason) return;
    this.#reported.set(key, { stack, outcome });
    this.#publish(before?.stack, stack);
  }

  #forget(key: string): void {
    const before = this.#reported.get(key);
    if (this.#reported.delete(key)) this.#publish(before?.stack, undefined);
  }

  #publish(...stacks: readonly (string | undefined)[]): void {
    const { metrics, onCounts } = this.#options;
    metrics.workloads.reset();
    for (const { outcome } of this.#reported.values()) metrics.workloads.inc({ state: outcome.state, reason: outcome.reason });
    for (const stack of new Set(stacks)) if (stack !== undefined) onCounts(stack);
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
