import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';

/** Identity without version and UID: the API group, kind, namespace and name. */
export function entryId(entry: Omit<InventoryEntry, 'uid'>): string {
  const group = entry.apiVersion.includes('/') ? entry.apiVersion.split('/')[0] : '';
  return `${group}/${entry.kind}/${entry.namespace ?? ''}/${entry.name}`;
}

export function objectEntry(object: KubeObject): InventoryEntry {
  const { name, namespace, uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, ...(namespace && { namespace }), name, ...(uid && { uid }) };
}

/** Both lists, each identity once, sorted. An entry of `newer` replaces the older one. If only the older one knows a UID, the UID stays. */
export function union(older: readonly InventoryEntry[], newer: readonly InventoryEntry[]): readonly InventoryEntry[] {
  const byId = new Map(older.map((entry) => [entryId(entry), entry]));
  for (const entry of newer) {
    const uid = entry.uid ?? byId.get(entryId(entry))?.uid;
    byId.set(entryId(entry), { ...entry, ...(uid !== undefined && { uid }) });
  }
  return [...byId.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

export function sameInventory(a: readonly InventoryEntry[], b: readonly InventoryEntry[]): boolean {
  return JSON.stringify(union([], a)) === JSON.stringify(union([], b));
}
