import type { KubeObject } from '../api/kube-object.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { entryId, type InventoryEntry, objectEntry } from './inventory.ts';
import { pooled } from './pooled.ts';

/** From this many objects of a kind in a namespace on, one list costs less than as many gets. */
const LIST_FROM = 8;

/**
 * What is in the cluster under the identities, read from the API server. A kind that it does not serve has no objects; for one that
 * could not be read the function throws the error.
 */
export async function readLive(
  api: KubeApi,
  entries: readonly InventoryEntry[],
  concurrency: number,
): Promise<(entry: InventoryEntry) => KubeObject | undefined> {
  const found = new Map<string, KubeObject>();
  const errors = new Map<string, unknown>();
  const groups = Map.groupBy(entries, ({ apiVersion, kind, namespace = '' }) => JSON.stringify([apiVersion, kind, namespace]));
  const reads = [...groups.values()].flatMap((group) => (group.length >= LIST_FROM ? [group] : group.map((entry) => [entry])));
  await pooled(reads, concurrency, async (group) => {
    const [first] = group;
    if (first === undefined) return;
    try {
      for (const object of await read(api, first, group.length > 1)) found.set(entryId(objectEntry(object)), object);
    } catch (error) {
      for (const entry of group) errors.set(entryId(entry), error);
    }
  });
  return (entry) => {
    const id = entryId(entry);
    if (errors.has(id)) throw errors.get(id);
    return found.get(id);
  };
}

async function read(api: KubeApi, entry: InventoryEntry, all: boolean): Promise<readonly KubeObject[]> {
  try {
    const type = await api.resourceType(entry.apiVersion, entry.kind);
    if (all) return (await api.list(type, entry.namespace === undefined ? {} : { namespace: entry.namespace })).items;
    const object = await api.get(type, entry);
    return object === undefined ? [] : [object];
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    throw error;
  }
}
