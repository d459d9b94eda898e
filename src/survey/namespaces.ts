import type { KubeObject } from '../../api/kube-object.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/**
 * The Namespaces by name, metadata alone: all of them, or the named one, which needs only the right to get it.
 * @throws Error when there is none of that name.
 */
export async function readNamespaces(api: KubeApi, name?: string): Promise<ReadonlyMap<string, KubeObject>> {
  const type = await api.resourceType('v1', 'Namespace');
  if (name === undefined) {
    const { items } = await api.list(type, { metadataOnly: true });
    return new Map(items.map((object) => [object.metadata.name, object]));
  }
  const one = await api.get(type, { name });
  if (one === undefined) throw new Error(`namespace ${name}: there is no such namespace`);
  return new Map([[name, one]]);
}
