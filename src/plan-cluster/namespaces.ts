import type { KubeObject } from '../api/kube-object.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** The Namespaces by name, metadata alone: all, or the one that is named, which asks for no more than the right to get it. */
export async function readNamespaces(api: KubeApi, name?: string): Promise<ReadonlyMap<string, KubeObject>> {
  const type = await api.resourceType('v1', 'Namespace');
  const one = name === undefined ? undefined : await api.get(type, { name });
  const found = name === undefined ? (await api.list(type, { metadataOnly: true })).items : one === undefined ? [] : [one];
  return new Map(found.map((object) => [object.metadata.name, object]));
}
