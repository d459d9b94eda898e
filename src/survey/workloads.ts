import type { KubeObject } from '../../api/kube-object.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { isApiError, type KubeApi, type KubeApiError } from '../kube/kube-api.ts';

/**
 * Every object of a kind whose pod template we can change, of one namespace or of all, in the order kind, namespace, name. Custom resources
 * that the cluster does not have are left out.
 */
export async function listWorkloads(
  api: KubeApi,
  namespace?: string,
  onRefused?: (kind: string, error: KubeApiError) => void,
): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    Object.entries(WORKLOAD_KINDS).map(async ([kind, { apiVersion, custom }]) => {
      try {
        const { items } = await api.list(await api.resourceType(apiVersion, kind), namespace === undefined ? {} : { namespace });
        return items;
      } catch (error) {
        if (custom === true && isApiError(error, 'NotFound')) return [];
        // Without an answer it is not the kind that is the matter.
        if (onRefused === undefined || !isApiError(error) || error.body.status === 0) throw error;
        onRefused(kind, error);
        return [];
      }
    }),
  );
  return lists.flat();
}
