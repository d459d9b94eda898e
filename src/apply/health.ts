import { isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';

/** kstatus' states (sigs.k8s.io/cli-utils/pkg/kstatus): `Failed` will not become `Current` by waiting. */
export type HealthStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound';

export interface Health {
  readonly status: HealthStatus;
  /** Says why, in a few words. */
  readonly message: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Numbers and texts of a status, absent ones as undefined. */
type Numbers = Readonly<Record<string, number | undefined>>;

const current = (message: string): Health => ({ status: 'Current', message });
const inProgress = (message: string): Health => ({ status: 'InProgress', message });
const failed = (message: string): Health => ({ status: 'Failed', message });

/** Health by kstatus' rules: deletion, then observedGeneration, then the conditions of the API conventions, then those of the kind. */
export function health(live: KubeObject | undefined): Health {
  if (live === undefined) return { status: 'NotFound', message: 'not there yet' };
  if (live.metadata.deletionTimestamp !== undefined) return { status: 'Terminating', message: 'being deleted' };
  const status = isFields(live['status']) ? live['status'] : {};
  const observed = status['observedGeneration'];
  if (typeof observed === 'number' && observed < (live.metadata.generation ?? 0)) return inProgress('change not seen by its controller');
  const stalled = conditionOf(live, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.message ?? 'stalled');
  const reconciling = conditionOf(live, 'Reconciling');
  if (reconciling?.status === 'True') return inProgress(reconciling.message ?? 'reconciling');
  return (BY_KIND[live.kind] ?? byReadyCondition)(live, status as Numbers);
}

function conditionOf(live: KubeObject, type: string): Condition | undefined {
  const { conditions } = (isFields(live['status']) ? live['status'] : {}) as { conditions?: readonly Condition[] };
  return conditions?.find((condition) => condition.type === type);
}

function specOf(live: KubeObject): Numbers {
  return (isFields(live['spec']) ? live['spec'] : {}) as Numbers;
}

function byReadyCondition(live: KubeObject): Health {
  const ready = conditionOf(live, 'Ready');
  return ready === undefined || ready.status === 'True' ? current('there') : inProgress(ready.message ?? 'not ready');
}

type Rule = (live: KubeObject, status: Numbers) => Health;

/** Counts of replicas, in the order in which a rollout raises them. */
function byCounts(wanted: number, counts: readonly (readonly [count: number | undefined, meaning: string])[]): Health {
  for (const [count = 0, meaning] of counts) if (count < wanted) return inProgress(`${count} of ${wanted} replicas ${meaning}`);
  return current(`${wanted} of ${wanted} replicas ready`);
}

const deployment: Rule = (live, status) => {
  const progressing = conditionOf(live, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(progressing.message ?? 'progress deadline exceeded');
  const failure = conditionOf(live, 'ReplicaFailure');
  const wanted = specOf(live)['replicas'] ?? 1;
  if (status['observedGeneration'] === undefined) return inProgress('not seen by its controller');
  const counts = byCounts(wanted, [
    [status['updatedReplicas'], 'are of the newest revision'],
    [status['readyReplicas'], 'ready'],
    [status['availableReplicas'], 'available'],
  ]);
  if (failure?.status === 'True' && counts.status !== 'Current') return inProgress(failure.message ?? 'replicas cannot be made');
  const surplus = (status['replicas'] ?? 0) - wanted;
  return counts.status === 'Current' && surplus > 0 ? inProgress(`${surplus} replicas of an older revision are ending`) : counts;
};

const statefulSet: Rule = (live, status) => {
  if (status['observedGeneration'] === undefined) return inProgress('not seen by its controller');
  const { replicas: wanted = 1, updateStrategy } = specOf(live) as Numbers & {
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  };
  const { currentRevision, updateRevision } = status as unknown as { currentRevision?: string; updateRevision?: string };
  const settled = updateRevision === undefined || updateRevision === currentRevision;
  const onDelete = updateStrategy?.type === 'OnDelete';
  const updated = settled || onDelete ? status['replicas'] : status['updatedReplicas'];
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  const updates = byCounts(Math.max(0, wanted - partition), [[updated, 'are of the newest revision']]);
  return updates.status === 'Current'
    ? byCounts(wanted, [
        [status['replicas'], 'made'],
        [status['readyReplicas'], 'ready'],
      ])
    : updates;
};

const daemonSet: Rule = (_, status) => {
  const wanted = status['desiredNumberScheduled'];
  if (status['observedGeneration'] === undefined || wanted === undefined) return inProgress('not seen by its controller');
  return byCounts(wanted, [
    [status['currentNumberScheduled'], 'scheduled'],
    [status['updatedNumberScheduled'], 'are of the newest revision'],
    [status['numberAvailable'], 'available'],
    [status['numberReady'], 'ready'],
  ]);
};

const replicaSet: Rule = (live, status) => {
  const failure = conditionOf(live, 'ReplicaFailure');
  if (failure?.status === 'True') return inProgress(failure.message ?? 'replicas cannot be made');
  return byCounts(specOf(live)['replicas'] ?? 1, [
    [status['replicas'], 'made'],
    [status['readyReplicas'], 'ready'],
    [status['availableReplicas'], 'available'],
  ]);
};

const job: Rule = (live, status) => {
  const bad = conditionOf(live, 'Failed');
  if (bad?.status === 'True') return failed(bad.message ?? 'the job failed');
  if (conditionOf(live, 'Complete')?.status === 'True') return current('complete');
  return (status as { startTime?: unknown }).startTime === undefined ? inProgress('not started') : current('running');
};

const pod: Rule = (live) => {
  const { phase } = (live['status'] ?? {}) as { phase?: string };
  if (phase === 'Succeeded') return current('complete');
  if (phase === 'Failed') return failed('the pod failed');
  return conditionOf(live, 'Ready')?.status === 'True' ? current('ready') : inProgress(`phase ${phase ?? 'unknown'}`);
};

const claim: Rule = (live) => {
  const { phase } = (live['status'] ?? {}) as { phase?: string };
  return phase === 'Bound' ? current('bound') : phase === 'Lost' ? failed('its volume is lost') : inProgress(`phase ${phase ?? 'unknown'}`);
};

const service: Rule = (live) => {
  const { type } = (live['spec'] ?? {}) as { type?: string };
  const { loadBalancer } = (live['status'] ?? {}) as { loadBalancer?: { ingress?: readonly unknown[] } };
  return type === 'LoadBalancer' && !loadBalancer?.ingress?.length ? inProgress('no address of the load balancer yet') : current('there');
};

const crd: Rule = (live) => {
  const names = conditionOf(live, 'NamesAccepted');
  if (names?.status === 'False') return failed(names.message ?? 'its names are not accepted');
  return conditionOf(live, 'Established')?.status === 'True' ? current('established') : inProgress('not established yet');
};

const budget: Rule = (_, status) =>
  status['observedGeneration'] === undefined ? inProgress('not seen by its controller') : current('there');

const BY_KIND: Readonly<Record<string, Rule>> = {
  Deployment: deployment,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  ReplicaSet: replicaSet,
  Job: job,
  Pod: pod,
  PersistentVolumeClaim: claim,
  Service: service,
  CustomResourceDefinition: crd,
  PodDisruptionBudget: budget,
};
