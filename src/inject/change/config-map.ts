import type { KubeObject } from '../../../api/kube-object.ts';
import type { Mount } from '../wishes/config.ts';

/** Label of the ConfigMaps that the operator copies into the namespaces of injected workloads. */
export const FILES_LABEL = 'duotel.io/files';

/** The immutable ConfigMap that a mount reads, for one namespace of workloads. */
export function filesConfigMap(mount: Mount, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: mount.configMap,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'duotel', 'app.kubernetes.io/part-of': 'duotel', [FILES_LABEL]: mount.volume },
    },
    immutable: true,
    data: Object.fromEntries(mount.files.map(({ key, text }) => [key, text])),
  };
}
