import type { KubeObject } from '../../api/kube-object.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

/**
 * Every object of a kind whose pod template can be ours, of one namespace or of all, in the order kind, namespace, name. Custom resources
 * that the cluster does not have are no workloads of it.
 */
export async function listWorkloads(api: KubeApi, namespace?: string): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    Object.entries(WORKLOAD_KINDS).map(async ([kind, { apiVersion, custom }]) => {
      try {
        const { items } = await api.list(await api.resourceType(apiVersion, kind), namespace === undefined ? {} : { namespace });
        return items;
      } catch (error) {
        if (custom === true && isApiError(error, 'NotFound')) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}
