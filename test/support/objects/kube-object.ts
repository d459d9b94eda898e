import type { KubeObject } from '../../../api/kube-object.ts';

/** An object named x in the namespace ns, of the core API unless `fields` say otherwise. */
export function kubeObject(kind: string, fields: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'ns', ...metadata }, ...fields };
}
