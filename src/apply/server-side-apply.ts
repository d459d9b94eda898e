import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** Sends the object as our desired state. `dryRun`: the API server answers as it would, and stores nothing. */
export async function serverSideApply(
  api: KubeApi,
  object: KubeObject,
  options: { readonly force: boolean; readonly dryRun?: boolean },
): Promise<KubeObject> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  const query = { fieldManager: FIELD_MANAGER, force: options.force, dryRun: options.dryRun ? 'All' : undefined };
  return api.patch(type, object.metadata, 'application/apply-patch+yaml', object, query);
}
