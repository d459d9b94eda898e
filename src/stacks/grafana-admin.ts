import { randomBytes } from 'node:crypto';
import { FIELD_MANAGER, grafanaAdminSecret, objectLabels } from '../../api/names.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

/**
 * Creates the Secret with a random password. It never changes an existing one: Grafana reads it only when its database is new, so a second
 * password would lock people out.
 */
export async function createGrafanaAdmin(api: KubeApi, stack: string, namespace: string): Promise<void> {
  const type = await api.resourceType('v1', 'Secret');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: grafanaAdminSecret(stack), namespace, labels: objectLabels(stack, 'grafana') },
    type: 'Opaque',
    stringData: { 'admin-user': 'admin', 'admin-password': randomBytes(24).toString('base64url') },
  };
  try {
    await api.create(type, secret, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}
