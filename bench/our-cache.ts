import type { KubeObject } from '../api/kube-object.ts';
import { ClusterCache } from '../src/controller/cluster-cache.ts';
import { Metrics } from '../src/controller/metrics.ts';
import type { KubeApi } from '../src/kube/kube-api.ts';
import { systemClock } from '../src/kube/system-clock.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The operator's own cache of the kinds that the objects are of, in the whole cluster, kept current by watches until `signal` aborts. */
export async function cacheOf(api: KubeApi, objects: readonly KubeObject[], signal: AbortSignal): Promise<ClusterCache> {
  const cache = new ClusterCache({
    api,
    clock: systemClock,
    random: Math.random,
    logger: SILENT,
    metrics: new Metrics(),
    onChange: () => undefined,
  });
  const kinds = new Map(objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
  await Promise.all([...kinds.values()].map((watched) => cache.watch(watched, signal)));
  return cache;
}
