import type { KubeObject, ManagedFieldsEntry } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { isKubectlApply, isOurApply } from './drift/managed-fields.ts';
import { LAST_APPLIED } from './drift/withdrawn.ts';

/**
 * Makes kubectl's applied fields ours before our first change to the object. Else fields that the new version no longer has would stay for
 * ever, owned by kubectl. The same step as client-go's csaupgrade.
 */
export async function takeOver(api: KubeApi, live: KubeObject): Promise<void> {
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
  const index = toTake(entries);
  return index === undefined ? undefined : entries.map((entry, i) => (i === index ? ours(entry) : entry));
}

/** The manager whose entry {@link takeOver} is to rename; undefined when there is none. */
export function takenFrom(entries: readonly ManagedFieldsEntry[]): string | undefined {
  const index = toTake(entries);
  return index === undefined ? undefined : entries[index]?.manager;
}

function toTake(entries: readonly ManagedFieldsEntry[]): number | undefined {
  if (entries.some(isOurApply)) return undefined;
  const index = entries.findIndex((entry) => isKubectlApply(entry) && entry.subresource === undefined);
  return index === -1 ? undefined : index;
}

/** Without kubectl's own annotation. If we owned it, our apply would remove it, and the user's next `kubectl apply` would complain. */
function ours(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const fieldsV1 = structuredClone(entry.fieldsV1 ?? {}) as { 'f:metadata'?: { 'f:annotations'?: Record<string, unknown> } };
  const annotations = fieldsV1['f:metadata']?.['f:annotations'] ?? {};
  delete annotations[`f:${LAST_APPLIED}`];
  // `.` is the map itself. If we owned only that, our apply would remove the map, with kubectl's annotation in it.
  if (Object.keys(annotations).every((key) => key === '.')) delete fieldsV1['f:metadata']?.['f:annotations'];
  return { ...entry, manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 };
}
