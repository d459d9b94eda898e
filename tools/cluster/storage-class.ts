/** Name of the embedded cluster's default StorageClass. */
export const STORAGE_CLASS = 'duotel-local';
/** Name by which the StorageClass and its volumes refer to tools/cluster/provisioner.ts. */
export const PROVISIONER = 'duotel.io/local-path';

/** The StorageClass: default, on this machine's disk, bound when the pod is scheduled, data removed with the claim. */
export function storageClassManifest(): string {
  return JSON.stringify({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}
