import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { entryId, objectEntry } from './inventory.ts';
import { pooled } from './pooled.ts';

/** From this many objects of a kind in a namespace on, one list costs less than the gets. */
const LIST_FROM = 8;

/**
 * The live objects of the identities, read from the API server. If the API server does not serve a kind, there are none. If an object could
 * not be read, the function throws the error when it is asked for.
 */
export function readLive(
  api: KubeApi,
  entries: readonly InventoryEntry[],
  concurrency: number,
): Promise<(entry: InventoryEntry) => KubeObject | undefined> {
  const groups = grouped(entries).flatMap((group): readonly Group[] =>
    group.length >= LIST_FROM ? [group] : group.map((entry): Group => [entry]),
  );
  return readGroups(groups, concurrency, (group) => read(api, group));
}

/** The same by lists alone, one for each kind and namespace. Whoever may watch a kind may list it, and may lack the right to get. */
export function lookUpAll(
  api: KubeApi,
  entries: readonly InventoryEntry[],
  concurrency: number,
): Promise<(entry: InventoryEntry) => KubeObject | undefined> {
  return readGroups(grouped(entries), concurrency, (group) => list(api, group));
}

type Group = readonly [InventoryEntry, ...InventoryEntry[]];

function grouped(entries: readonly InventoryEntry[]): readonly Group[] {
  const groups = Map.groupBy(entries, ({ apiVersion, kind, namespace = '' }) => JSON.stringify([apiVersion, kind, namespace]));
  return [...groups.values()].flatMap(([first, ...others]): readonly Group[] => (first === undefined ? [] : [[first, ...others]]));
}

async function readGroups(
  groups: readonly Group[],
  concurrency: number,
  readGroup: (group: Group) => Promise<readonly KubeObject[]>,
): Promise<(entry: InventoryEntry) => KubeObject | undefined> {
  const found = new Map<string, KubeObject>();
  const errors = new Map<string, unknown>();
  await pooled(groups, concurrency, async (group) => {
    try {
      for (const object of await readGroup(group)) found.set(entryId(objectEntry(object)), object);
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

async function list(api: KubeApi, [first, ...others]: Group): Promise<readonly KubeObject[]> {
  const { apiVersion, kind, name, namespace } = first;
  try {
    const type = await api.resourceType(apiVersion, kind);
    const one = others.length === 0 && { query: { fieldSelector: `metadata.name=${name}` } };
    return (await api.list(type, { ...(namespace !== undefined && { namespace }), ...one })).items;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    throw error;
  }
}

async function read(api: KubeApi, group: Group): Promise<readonly KubeObject[]> {
  const [entry] = group;
  if (group.length > 1) return list(api, group);
  try {
    const type = await api.resourceType(entry.apiVersion, entry.kind);
    const object = await api.get(type, entry);
    return object === undefined ? [] : [object];
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    throw error;
  }
}
