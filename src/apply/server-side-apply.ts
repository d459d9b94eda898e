import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** Sends the object as what we want of it. `dryRun`: the API server says what it would answer, and stores nothing. */
export async function serverSideApply(
  api: KubeApi,
  object: KubeObject,
  options: { readonly force: boolean; readonly dryRun?: boolean },
): Promise<KubeObject> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  const query = { fieldManager: FIELD_MANAGER, force: options.force, dryRun: options.dryRun ? 'All' : undefined };
  return api.patch(type, object.metadata, 'application/apply-patch+yaml', object, query);
}
