import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, OPERATOR_NAME, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import { isMarked } from '../inject/record/is-marked.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import type { Clock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { listWorkloads } from '../survey/workloads.ts';
import { type Attempt, attempt } from './attempt.ts';
import { restore } from './restore.ts';
import { optedOut, type RevertStep } from './revert-steps.ts';

export interface RevertOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly steps: readonly RevertStep[];
  /** Called for each object when it is done. */
  readonly onDone: (done: RevertedObject) => void;
  /** Milliseconds without progress after which the operator counts as absent, and this program reverts by itself. Default 5 s. */
  readonly graceMs?: number;
}

export interface RevertedObject {
  readonly name: string;
  /** `gone`: somebody deleted it, or is about to; nothing is left to revert. */
  readonly result: 'annotations removed' | 'opted out' | 'reverted' | 'gone' | 'failed';
  /** Who gave the template back; undefined where there was nothing to give back. */
  readonly by?: 'operator' | 'duotel revert';
  /** Why it failed, and what to do. */
  readonly message?: string;
}

/**
 * Removes everything that asks for injection, then waits for the operator to give the templates back. If the operator does not, this does
 * the same by the same function. Both may run at once: each write carries the version it was planned for.
 */
export async function revertWorkloads({ api, clock, steps, onDone, graceMs = 5000 }: RevertOptions): Promise<void> {
  const waiting = new Map<string, KubeObject>();
  const kept = new Set<string>();
  for (const planned of steps) {
    const one = kept.has(planned.object.metadata.namespace ?? '') ? optedOut(planned) : planned;
    const { name, object, action } = one;
    const annotated = await attempt(api, () => annotate(api, one));
    if (annotated.kind !== 'done') {
      // Its default stays, and would have the workloads again.
      if (annotated.kind === 'refused' && object.kind === 'Namespace') kept.add(object.metadata.name);
      onDone(notDone(name, annotated));
    } else if (object.kind === 'Namespace') onDone({ name, result: 'annotations removed' });
    else if (action === 'remove annotations' && !isMarked(object)) onDone({ name, result: 'annotations removed' });
    else if (action === 'opt out' && !isMarked(object)) onDone({ name, result: 'opted out' });
    else waiting.set(name, object);
  }
  // A default of the Namespace has its workloads too, which have no annotation of their own.
  const patience = (await operatorIsWanted(api)) ? graceMs : 0;
  let last = clock.now();
  while (waiting.size > 0 && clock.now() - last < patience) {
    for (const [name, object] of waiting) {
      const done = await lookedAt(api, name, object);
      if (done === undefined) continue;
      waiting.delete(name);
      onDone(done);
      last = clock.now();
    }
    if (waiting.size > 0) await clock.sleep(200);
  }
  const namespaces = new Set<string>();
  for (const [name, object] of waiting) {
    const restored = await attempt(api, () => restore(api, object));
    if (restored.kind !== 'done') onDone(notDone(name, restored));
    else if (restored.value === 'gone') onDone({ name, result: 'gone' });
    else onDone({ name, result: 'reverted', by: 'duotel revert' });
    namespaces.add(object.metadata.namespace ?? '');
  }
  for (const namespace of namespaces) {
    const collected = await attempt(api, () => collectCopies(api, namespace, onDone));
    if (collected.kind === 'refused') onDone(copiesStay(`ConfigMap/${namespace}/*`, namespace, collected.message));
  }
}

function notDone(name: string, how: Exclude<Attempt<unknown>, { readonly kind: 'done' }>): RevertedObject {
  return how.kind === 'gone' ? { name, result: 'gone' } : { name, result: 'failed', message: how.message };
}

/** Whether the operator is through with a workload. A look that fails is none: in the end this program tries itself, and says why not. */
async function lookedAt(api: KubeApi, name: string, { apiVersion, kind, metadata }: KubeObject): Promise<RevertedObject | undefined> {
  const looked = await attempt(api, async () => api.get(await api.resourceType(apiVersion, kind), metadata));
  if (looked.kind === 'refused') return undefined;
  const live = looked.kind === 'gone' ? undefined : looked.value;
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return { name, result: 'gone' };
  return isMarked(live) ? undefined : { name, result: 'reverted', by: 'operator' };
}

async function annotate(api: KubeApi, { object, annotations }: RevertStep): Promise<void> {
  if (Object.keys(annotations).length === 0) return;
  const type = await api.resourceType(object.apiVersion, object.kind);
  await api.patch(type, object.metadata, 'application/merge-patch+json', { metadata: { annotations } }, { fieldManager: FIELD_MANAGER });
}

/** Whoever may not look for it waits for it. */
async function operatorIsWanted(api: KubeApi): Promise<boolean> {
  const ref = { name: OPERATOR_NAME, namespace: SYSTEM_NAMESPACE };
  const looked = await attempt(api, async () => api.get(await api.resourceType('apps/v1', 'Deployment'), ref));
  if (looked.kind !== 'done') return looked.kind === 'refused';
  return looked.value !== undefined && (looked.value['spec'] as { replicas?: number } | undefined)?.replicas !== 0;
}

/** ConfigMaps of files that no workload of the namespace mounts any more. */
async function collectCopies(api: KubeApi, namespace: string, onDone: (done: RevertedObject) => void): Promise<void> {
  const workloads = await listWorkloads(api, namespace);
  const used = new Set(workloads.flatMap((workload) => podTemplate(workload)?.spec.volumes?.map(({ configMap }) => configMap?.name) ?? []));
  const type = await api.resourceType('v1', 'ConfigMap');
  const { items } = await api.list(type, { namespace, query: { labelSelector: FILES_LABEL } });
  for (const copy of items.filter(({ metadata }) => !used.has(metadata.name))) {
    const deleted = await attempt(api, () => api.delete(type, copy.metadata));
    if (deleted.kind === 'refused') onDone(copiesStay(describe(copy), namespace, deleted.message));
  }
}

function copiesStay(name: string, namespace: string, why: string): RevertedObject {
  const message = `files that no workload mounts any more are still there: ${why}; or kubectl -n ${namespace} delete configmap -l ${FILES_LABEL} when no workload there is injected`;
  return { name, result: 'failed', message };
}
