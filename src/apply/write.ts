import type { KubeObject, ManagedFieldsEntry } from '../api/kube-object.ts';
import { FIELD_MANAGER } from '../api/names.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { Action } from './plan.ts';
import { LAST_APPLIED } from './withdrawn.ts';

export interface Result {
  readonly action: Action;
  /** The object as the API server answered; undefined after a deletion and after an error. */
  readonly object?: KubeObject;
  readonly error?: unknown;
}

/** Carries out the actions one after the other. One that fails does not keep the others from being done. */
export async function write(api: KubeApi, actions: readonly Action[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const action of actions) {
    try {
      results.push(await writeOne(api, action));
    } catch (error) {
      results.push({ action, error });
    }
  }
  return results;
}

async function writeOne(api: KubeApi, action: Action): Promise<Result> {
  switch (action.type) {
    case 'keep':
      return { action, object: action.live };
    case 'create':
      return { action, object: await serverSideApply(api, action.object) };
    case 'update':
      await takeOver(api, action.live);
      return { action, object: await serverSideApply(api, action.object) };
    case 'delete': {
      const { entry, live } = action;
      const type = await api.resourceType(entry.apiVersion, entry.kind);
      const { uid } = live.metadata;
      await api.delete(type, entry, uid === undefined ? {} : { uid });
      return { action };
    }
    default:
      return action satisfies never;
  }
}

async function serverSideApply(api: KubeApi, object: KubeObject): Promise<KubeObject> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  return api.patch(type, object.metadata, 'application/apply-patch+yaml', object, { fieldManager: FIELD_MANAGER, force: true });
}

/**
 * Makes ours what kubectl applied, before our first change to the object: fields that the new version no longer has would otherwise
 * stay, owned by kubectl, for ever. The same step as client-go's csaupgrade.
 */
async function takeOver(api: KubeApi, live: KubeObject): Promise<void> {
  const fields = takenOver(live.metadata.managedFields ?? []);
  if (fields === undefined) return;
  const type = await api.resourceType(live.apiVersion, live.kind);
  await api.patch(type, live.metadata, 'application/json-patch+json', [
    { op: 'replace', path: '/metadata/managedFields', value: fields },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  ]);
}

/** The entries with kubectl's apply entry renamed to ours; undefined when we have one, or kubectl has none. */
export function takenOver(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] | undefined {
  const isApply = (entry: ManagedFieldsEntry): boolean => entry.manager === FIELD_MANAGER && entry.operation === 'Apply';
  const isKubectl = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === 'kubectl-client-side-apply' || (entry.manager === 'kubectl' && entry.operation === 'Apply');
  if (entries.some(isApply)) return undefined;
  const index = entries.findIndex((entry) => isKubectl(entry) && entry.subresource === undefined);
  if (index === -1) return undefined;
  return entries.map((entry, i) => (i === index ? ours(entry) : entry));
}

/** Without kubectl's own annotation: owning it would make our apply remove it, and the user's next `kubectl apply` complain. */
function ours(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const fieldsV1 = structuredClone(entry.fieldsV1 ?? {}) as { 'f:metadata'?: { 'f:annotations'?: Record<string, unknown> } };
  const annotations = fieldsV1['f:metadata']?.['f:annotations'] ?? {};
  delete annotations[`f:${LAST_APPLIED}`];
  // `.` is the map itself: owned alone, our apply would take the map away, and kubectl's annotation with it.
  if (Object.keys(annotations).every((key) => key === '.')) delete fieldsV1['f:metadata']?.['f:annotations'];
  return { ...entry, manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 };
}
