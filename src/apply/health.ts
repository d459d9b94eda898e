import type { KubeObject } from '../api/kube-object.ts';

export interface Health {
  readonly ready: boolean;
  /** Says why not, in a few words. */
  readonly message: string;
}

interface WorkloadStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
}

/** Health of a StatefulSet or Deployment by kstatus' rules: seen by its controller, all replicas of the newest revision, all ready. */
export function workloadHealth(live: KubeObject | undefined): Health {
  if (live === undefined) return { ready: false, message: 'not there yet' };
  if (live.metadata.deletionTimestamp !== undefined) return { ready: false, message: 'being deleted' };
  const replicas = (live['spec'] as { replicas?: number } | undefined)?.replicas ?? 1;
  const status = (live['status'] ?? {}) as WorkloadStatus;
  if ((status.observedGeneration ?? 0) < (live.metadata.generation ?? 0))
    return { ready: false, message: 'change not seen by its controller' };
  const settled = status.updateRevision === undefined || status.updateRevision === status.currentRevision;
  const updated = settled ? (status.replicas ?? 0) : (status.updatedReplicas ?? 0);
  if (updated < replicas) return { ready: false, message: `${updated} of ${replicas} replicas are of the newest revision` };
  const ready = status.readyReplicas ?? 0;
  if (ready < replicas) return { ready: false, message: `${ready} of ${replicas} replicas ready` };
  return { ready: true, message: `${ready} of ${replicas} replicas ready` };
}
