import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { lookUpAll, readLive } from '../apply/read-live.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** Reads under way at once. */
const CONCURRENCY = 8;

/**
 * The live objects of the identities. They come from the cache, at no request, if it watches the kind and holds the whole object; else from
 * the API server. If an object could not be read, the function throws the error when it is asked for.
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

/**
 * The cache keeps only a part of an object without a stack's label, see `storedWorkload` and `storedConfigMap`. That is too little to say
 * whose it is.
 */
export function isWhole({ metadata }: KubeObject): boolean {
  return metadata.labels?.[STACK_LABEL] !== undefined;
}
