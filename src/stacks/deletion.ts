import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, objectLabels, STACK_LABEL } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { Action } from '../apply/action.ts';
import { objectEntry } from '../apply/inventory.ts';
import { lookUp } from '../apply/look-up.ts';
import { mayStay } from '../apply/plan.ts';
import type { Policies } from '../apply/policies.ts';
import { DEFAULT_POLICIES } from '../apply/policies.ts';
import type { WriteContext } from '../apply/write-context.ts';
import { writeSet } from '../apply/write-set.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { STACK_KINDS } from './kinds.ts';
import { optionalObjects } from './optional-rights.ts';
import { INVENTORY_LABEL } from './stored-inventory.ts';

/** ConfigMap of a stack whose objects outlive it. It is there before the stack can be gone, so a crash loses nothing (ADR 15). */
function keeperName(stack: string): string {
  return `${stack}-kept-when-deleted`;
}

/** Why the objects of a stack outlive it; undefined: they go with it. */
export type Keep = 'orphan' | 'suspended' | undefined;

/** By the spec as it is written, valid or not. */
export function keepOf(stack: KubeObject): Keep {
  const { suspend, reconcile } = (stack['spec'] ?? {}) as { suspend?: boolean; reconcile?: { deletion?: string } };
  if (suspend === true) return 'suspended';
  return reconcile?.deletion === 'Orphan' ? 'orphan' : undefined;
}

/** Whether the cache shows that the objects of the stack outlive it. */
export function isNotedKept(cache: ClusterCache, stack: { readonly name: string; readonly namespace: string }): boolean {
  return cache.values('ConfigMap').some((object) => isNote(object, stack));
}

/** Notes in the cluster whether the objects of the stack outlive it. Writes only when that changes. */
export async function noteDeletionPolicy(
  api: KubeApi,
  cache: ClusterCache,
  { name, namespace = '' }: { readonly name: string; readonly namespace?: string },
  keep: Keep,
): Promise<void> {
  const ref = { name: keeperName(name), namespace };
  const live = cache.get('ConfigMap', ref);
  const said = (live?.['data'] as { because?: string } | undefined)?.because;
  if (said === keep) return;
  const type = await api.resourceType('v1', 'ConfigMap');
  if (keep === undefined) {
    await api.delete(type, ref, live?.metadata.uid === undefined ? {} : { uid: live.metadata.uid });
    return;
  }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels: objectLabels(name) }, data: { because: keep } };
  cache.remember(await api.patch(type, ref, 'application/apply-patch+yaml', object, { fieldManager: FIELD_MANAGER, force: true }));
}

/** What became of the objects of a stack that is gone. */
export type Collected =
  | { readonly outcome: 'stackExists' | 'nothingLeft' | 'kept' }
  | { readonly outcome: 'deleted'; readonly deleted: number; readonly failures: readonly string[] };

/**
 * Deletes the objects of a stack that is gone, unless they outlive it. These are all objects with its label, since the inventory went with
 * its status. Claims and the Grafana password stay: they are the user's data. Objects that another object controls stay too: they go with
 * that one. The function asks the API server whether the stack is gone: a cache that lags must not cost anybody their stack.
 * @param deleted UIDs that earlier calls have deleted and the cache may still hold. UIDs that the cache no longer holds are taken out;
 * those that this call deletes are added.
 */
export async function collectLeftOvers(
  api: KubeApi,
  cache: ClusterCache,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  deleted: Set<string>,
  time: Pick<WriteContext, 'now' | 'sleep'>,
): Promise<Collected> {
  const found = leftOvers([...watched(cache), ...(await optionalObjects(api, namespace, name))], namespace, name);
  for (const uid of deleted) if (!found.some(({ metadata }) => metadata.uid === uid)) deleted.delete(uid);
  const doomed = found.filter(({ metadata }) => !deleted.has(metadata.uid ?? ''));
  if (doomed.length === 0) return { outcome: 'nothingLeft' };
  const configMaps = await api.resourceType('v1', 'ConfigMap');
  if ((await lookUp(api, configMaps, { namespace, name: keeperName(name) })) !== undefined) return { outcome: 'kept' };
  const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
  if ((await lookUp(api, type, { namespace, name })) !== undefined) return { outcome: 'stackExists' };
  const actions = doomed.map((live): Action => ({ type: 'delete', entry: objectEntry(live), live }));
  const owner = { label: STACK_LABEL, value: name };
  const policies: Policies = { ...DEFAULT_POLICIES, owner };
  const results = await writeSet({ api, policies, inventory: new Map(), concurrency: 8, waitMs: 0, ...time }, actions);
  for (const { outcome, action } of results) {
    const uid = 'live' in action ? action.live?.metadata.uid : undefined;
    if (outcome === 'deleted' && uid !== undefined) deleted.add(uid);
  }
  const failures = results.flatMap(({ problem }) => (problem === undefined ? [] : [problem.message]));
  return { outcome: 'deleted', deleted: results.filter(({ outcome }) => outcome === 'deleted').length, failures };
}

/**
 * Notes that the objects of a stack stay although it is gone, if no pass had the time to. The next process would not remember what this one
 * does.
 * @returns whether that is noted; if nothing is left to keep, nothing is written.
 */
export async function noteKept(api: KubeApi, cache: ClusterCache, namespace: string, name: string, keep: Keep): Promise<boolean> {
  if (leftOvers(watched(cache), namespace, name).length === 0) return false;
  await noteDeletionPolicy(api, cache, { namespace, name }, keep);
  return true;
}

/**
 * The objects that a former stack of this name has left, for a stack without an inventory. Without this, nobody would ever delete what the
 * new stack does not ask for. Only objects with all of our labels count. Optional kinds are asked for only where there is anything.
 */
export async function formerParts(
  api: KubeApi,
  cache: ClusterCache,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly InventoryEntry[]> {
  const labels = Object.entries(objectLabels(name));
  // Former parts of an inventory are not parts of the stack. They are collected apart.
  const isPart = ({ metadata }: KubeObject): boolean =>
    metadata.labels?.[INVENTORY_LABEL] === undefined && labels.every(([label, value]) => metadata.labels?.[label] === value);
  const seen = leftOvers(watched(cache), namespace, name).filter(isPart);
  if (seen.length === 0) return [];
  const unseen = leftOvers(await optionalObjects(api, namespace, name), namespace, name).filter(isPart);
  return [...seen, ...unseen].map(objectEntry);
}

function watched(cache: ClusterCache): readonly KubeObject[] {
  return STACK_KINDS.flatMap(({ kind }) => cache.values(kind));
}

function isNote({ kind, metadata }: KubeObject, { namespace, name }: { readonly namespace: string; readonly name: string }): boolean {
  return kind === 'ConfigMap' && metadata.namespace === namespace && metadata.name === keeperName(name);
}

/** The objects among these that a stack has made and that go with it. */
function leftOvers(objects: readonly KubeObject[], namespace: string, name: string): readonly KubeObject[] {
  const left = objects.filter(
    ({ metadata }) =>
      metadata.namespace === namespace && metadata.labels?.[STACK_LABEL] === name && metadata.deletionTimestamp === undefined,
  );
  return left.filter((live) => !mayStay(live) && !isControlled(live) && !isNote(live, { namespace, name }));
}

function isControlled({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some((reference) => (reference as { controller?: boolean }).controller === true);
}
