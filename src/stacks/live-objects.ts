import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { lookUpAll, readLive } from '../apply/read-live.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** Reads under way at once. */
const CONCURRENCY = 8;

/**
 * What is in the cluster under the identities: from the cache, which costs no request, where it watches the kind and holds the whole
 * object; else from the API server. For what could not be read the function throws the error.
 */
export async function stackLive(
  api: KubeApi,
  cache: ClusterCache,
  entries: readonly InventoryEntry[],
): Promise<(entry: InventoryEntry) => KubeObject | undefined> {
  const isWatched = ({ kind, namespace }: InventoryEntry): boolean => cache.watches(kind, namespace);
  const isInPart = (entry: InventoryEntry): boolean => {
    const cached = isWatched(entry) ? cache.live(entry) : undefined;
    return cached !== undefined && !isWhole(cached);
  };
  const unwatched = entries.filter((entry) => !isWatched(entry));
  const [read, lookedUp] = await Promise.all([
    readLive(api, unwatched, CONCURRENCY),
    lookUpAll(api, entries.filter(isInPart), CONCURRENCY),
  ]);
  return (entry) => {
    if (!isWatched(entry)) return read(entry);
    return isInPart(entry) ? lookedUp(entry) : cache.live(entry);
  };
}

/** What carries no stack's label is kept in part only, see `storedWorkload` and `storedConfigMap`: too little to say whose it is. */
export function isWhole({ metadata }: KubeObject): boolean {
  return metadata.labels?.[STACK_LABEL] !== undefined;
}
