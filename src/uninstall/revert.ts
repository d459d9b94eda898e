import { OPERATOR_ANNOTATIONS } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import { releasePatch } from '../inject/change/release.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import type { Clock } from '../kube/clock.ts';
import { isApiError, type KubeApi, KubeApiError } from '../kube/kube-api.ts';
import { refusalText } from '../kube/refusal.ts';
import { surveyStacks } from '../survey/survey.ts';
import { listWorkloads } from '../survey/workloads.ts';
import { optedOut, type RevertStep } from './revert-steps.ts';

export interface RevertOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly steps: readonly RevertStep[];
  /** Called for each object when it is done. */
  readonly onDone: (done: RevertedObject) => void;
  /** Milliseconds without progress after which the operator is taken for absent, and this program reverts by itself. Default 5 s. */
  readonly graceMs?: number;
}

export interface RevertedObject {
  readonly name: string;
  readonly result: 'annotations removed' | 'opted out' | 'reverted' | 'failed';
  /** Who gave the template back; undefined where there was nothing to give back. */
  readonly by?: 'operator' | 'duotel revert';
  /** Why it failed, and what to do. */
  readonly message?: string;
}

/**
 * Removes what asks for injection, then waits for the operator to give the templates back; where it does not, does the same by the same
 * function. Both may run at once: each write carries the version it was planned for.
 */
export async function revertWorkloads({ api, clock, steps, onDone, graceMs = 5000 }: RevertOptions): Promise<void> {
  const waiting = new Map<string, KubeObject>();
  const kept = new Set<string>();
  for (const planned of steps) {
    const one = kept.has(planned.object.metadata.namespace ?? '') ? optedOut(planned) : planned;
    try {
      await annotate(api, one);
    } catch (error) {
      // Its default stays, and would have the workloads again.
      if (one.object.kind === 'Namespace') kept.add(one.object.metadata.name);
      onDone({ name: one.name, result: 'failed', message: said(error) });
      continue;
    }
    if (one.object.kind === 'Namespace') onDone({ name: one.name, result: 'annotations removed' });
    else if (one.action === 'remove annotations' && !isMarked(one.object)) onDone({ name: one.name, result: 'annotations removed' });
    else if (one.action === 'opt out' && !isMarked(one.object)) onDone({ name: one.name, result: 'opted out' });
    else waiting.set(one.name, one.object);
  }
  // A default of the Namespace has its workloads too, which have no annotation of their own.
  const patience = (await operatorIsWanted(api)) ? graceMs : 0;
  let last = clock.now();
  while (waiting.size > 0 && clock.now() - last < patience) {
    for (const [name, object] of waiting) {
      const live = await api.get(await api.resourceType(object.apiVersion, object.kind), object.metadata);
      if (live !== undefined && isMarked(live)) continue;
      waiting.delete(name);
      onDone({ name, result: 'reverted', by: 'operator' });
      last = clock.now();
    }
    if (waiting.size > 0) await clock.sleep(200);
  }
  if (waiting.size === 0) return;
  const namespaces = new Set<string>();
  for (const [name, object] of waiting) {
    try {
      await revertOne(api, object);
      onDone({ name, result: 'reverted', by: 'duotel revert' });
      namespaces.add(object.metadata.namespace ?? '');
    } catch (error) {
      onDone({ name, result: 'failed', message: said(error) });
    }
  }
  for (const namespace of namespaces) await collectCopies(api, namespace);
}

async function annotate(api: KubeApi, { object, annotations }: RevertStep): Promise<void> {
  if (Object.keys(annotations).length === 0) return;
  const type = await api.resourceType(object.apiVersion, object.kind);
  await api.patch(type, object.metadata, 'application/merge-patch+json', { metadata: { annotations } }, { fieldManager: FIELD_MANAGER });
}

/** Who may not look for it waits for it. */
async function operatorIsWanted(api: KubeApi): Promise<boolean> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  try {
    const deployment = await api.get(type, { name: 'duotel-operator', namespace: SYSTEM_NAMESPACE });
    return deployment !== undefined && (deployment['spec'] as { replicas?: number } | undefined)?.replicas !== 0;
  } catch (error) {
    if (isApiError(error, 'Forbidden')) return true;
    throw error;
  }
}

/** What the operator would do; again whenever somebody else was faster. */
async function revertOne(api: KubeApi, object: KubeObject): Promise<void> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  const namespaceType = await api.resourceType('v1', 'Namespace');
  for (let attempt = 1; ; attempt += 1) {
    const [workload, namespace, present] = await Promise.all([
      api.get(type, object.metadata),
      api.get(namespaceType, { name: object.metadata.namespace ?? '' }),
      surveyStacks(api),
    ]);
    if (workload === undefined || namespace === undefined) return;
    const stacks = present.stacks.map(({ config }) => config);
    const decision = decideWorkload({ workload, namespace, stacks, operatorNamespace: SYSTEM_NAMESPACE });
    if (decision.action !== 'revert') {
      if (!isMarked(workload)) return;
      throw new Error(
        `${describe(object)}: is not reverted: ${decision.outcome?.reason ?? ''} ${decision.outcome?.message ?? ''}; duotel explain says why`,
      );
    }
    try {
      const answer = await api.patch(type, workload.metadata, decision.patch.type, decision.patch.body, { fieldManager: FIELD_MANAGER });
      const release = releasePatch(answer);
      if (release === undefined) return;
      await api.patch(type, workload.metadata, 'application/json-patch+json', release, { fieldManager: FIELD_MANAGER });
      return;
    } catch (error) {
      if (attempt >= 5 || !(isApiError(error, 'Conflict') || isApiError(error, 'Invalid'))) throw error;
    }
  }
}

/** ConfigMaps of files that no workload of the namespace mounts any more. */
async function collectCopies(api: KubeApi, namespace: string): Promise<void> {
  const workloads = await listWorkloads(api, namespace);
  const used = new Set(workloads.flatMap((workload) => podTemplate(workload)?.spec.volumes?.map(({ configMap }) => configMap?.name) ?? []));
  const type = await api.resourceType('v1', 'ConfigMap');
  const { items } = await api.list(type, { namespace, query: { labelSelector: FILES_LABEL } });
  for (const { metadata } of items) if (!used.has(metadata.name)) await api.delete(type, metadata);
}

function isMarked({ metadata: { annotations = {} } }: KubeObject): boolean {
  return OPERATOR_ANNOTATIONS.some((key) => annotations[key] !== undefined);
}

function said(error: unknown): string {
  if (error instanceof KubeApiError) return refusalText(error.body);
  return error instanceof Error ? error.message : String(error);
}
