import type { KubeApi } from '../../src/kube/kube-api.ts';
import { systemClock } from '../../src/kube/system-clock.ts';

/**
 * Binds the pods of a namespace that no node has to a fake one, as a scheduler would, whenever there are new ones.
 * @returns what ends it.
 */
export function bindPods(api: KubeApi, namespace: string, node: string): () => Promise<void> {
  const stop = new AbortController();
  const bound = new Set<string>();
  const work = (async () => {
    const pods = await api.resourceType('v1', 'Pod');
    // The one kind whose creation is answered with a Status.
    const bindings = { ...(await api.resourceType('v1', 'Binding')), kind: 'Status' };
    while (!stop.signal.aborted) {
      const { items } = await api.list(pods, { namespace, query: { fieldSelector: 'spec.nodeName=' } });
      for (const { metadata } of items) {
        if (bound.has(metadata.uid ?? '') || metadata.deletionTimestamp !== undefined) continue;
        bound.add(metadata.uid ?? '');
        const target = { apiVersion: 'v1', kind: 'Node', name: node };
        await api.create(bindings, { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name, namespace }, target });
      }
      await systemClock.sleep(500, stop.signal);
    }
  })();
  // Its end tells.
  work.catch(() => undefined);
  return async () => {
    stop.abort();
    await work;
  };
}
