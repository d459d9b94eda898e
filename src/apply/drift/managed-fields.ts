import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';

/*
 * How the API server writes down who set which field: `managedFields` has an entry a manager, and its `fieldsV1` is a tree with the keys
 * `f:<field>`, `k:<key fields of a list item as JSON>`, `v:<value of a set as JSON>` and `.` for the map or item itself. What is merged as one
 * value is a leaf, `{}`.
 */

/** The fields that each manager set in the object itself, not in a subresource of it. */
export function entriesOf(live: KubeObject): readonly ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter(({ subresource }) => subresource === undefined);
}

/** Whether it is what we applied. */
export function isOurApply({ manager, operation }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply';
}

/** Whether it is what kubectl applied, on either side. */
export function isKubectlApply({ manager, operation }: ManagedFieldsEntry): boolean {
  return manager === 'kubectl-client-side-apply' || (manager === 'kubectl' && operation === 'Apply');
}

/**
 * Whether the item of a list is the one that a `k:` key names. If the item leaves a key field (`protocol`) to its default, any value fits.
 */
export function isItem(item: unknown, key: string): item is Fields {
  return (
    key.startsWith('k:') &&
    isFields(item) &&
    Object.entries(JSON.parse(key.slice(2)) as Fields).every(([name, value]) => item[name] === undefined || item[name] === value)
  );
}
