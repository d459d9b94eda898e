import type { KubeObject } from '../../api/kube-object.ts';
import type { KubeApi, ResourceType } from '../kube/kube-api.ts';

/**
 * One object as the API server has it now; undefined when it is not there. It asks for a list with that name: whoever may watch a kind may
 * list it, so looking up needs no further right.
 */
export async function lookUp(
  api: KubeApi,
  type: ResourceType,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): Promise<KubeObject | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` };
  const { items } = await api.list(type, { ...(namespace !== undefined && { namespace }), query });
  return items[0];
}
