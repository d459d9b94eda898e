import type { KubeObject } from '../../api/kube-object.ts';
import { controllerOf } from '../inject/workload/controller-of.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/**
 * The topmost object above a Pod, ReplicaSet or Job, as far as the kinds on the way are known. It is the workload whose annotation counts,
 * or an object that nothing makes anew. An owner that is gone does not count.
 */
export async function findMaker(api: KubeApi, object: KubeObject): Promise<KubeObject> {
  let top = object;
  for (;;) {
    const controller = controllerOf(top);
    if (controller === undefined || controller.kind === 'foreign') return top;
    const { apiVersion, kind, name, uid } = controller.ref;
    const { namespace } = top.metadata;
    const maker = await api.get(await api.resourceType(apiVersion, kind), { name, ...(namespace !== undefined && { namespace }) });
    if (maker === undefined || maker.metadata.uid !== uid) return top;
    top = maker;
  }
}
