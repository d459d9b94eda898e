import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';

/** How far the pods of a workload follow its template, by its own status. */
export interface RolloutState {
  /** The status speaks of the present spec. A Deployment's generation counts its annotations too. */
  readonly observed: boolean;
  /** There are pods of a former template beside those of the present one: somebody's rollout is under way. */
  readonly mixed: boolean;
  /** Every wanted pod has the present template and is available, and there is at least one. */
  readonly healthy: boolean;
  /** At least one pod is available: there is something that a bad rollout can hurt. */
  readonly available: boolean;
  /** Nothing is left to roll out: every pod is as wanted, or none is wanted (no replicas, no fitting node). */
  readonly complete: boolean;
  /** A new template is not yet through: there are pods of a former one, or the controller has not yet said that it is done. */
  readonly unfinished: boolean;
  /** Its controller has given up (ProgressDeadlineExceeded, Degraded). */
  readonly failed: boolean;
}

/** Pods are made by hand or by schedule: nothing rolls out by itself. */
const NOTHING_ROLLS: RolloutState = {
  observed: true,
  mixed: false,
  healthy: false,
  available: false,
  complete: true,
  unfinished: false,
  failed: false,
};

export function rolloutState(workload: KubeObject): RolloutState {
  const status = isFields(workload['status']) ? workload['status'] : {};
  const number = (field: string): number => (typeof status[field] === 'number' ? status[field] : 0);
  const replicas = valueAt(workload, ['spec', 'replicas']);
  const wanted = typeof replicas === 'number' ? replicas : 1;
  const observed = Number(status['observedGeneration']) >= (workload.metadata.generation ?? 0);
  if (valueAt(workload, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return NOTHING_ROLLS;
  switch (workload.kind) {
    case 'Deployment': {
      const updated = number('updatedReplicas');
      const mixed = number('replicas') > updated;
      const progress = progressReason(status);
      const state = stateOf({
        observed,
        mixed,
        wanted,
        updated,
        available: number('availableReplicas'),
        failed: progress === 'ProgressDeadlineExceeded',
      });
      return { ...state, unfinished: mixed || (progress !== undefined && progress !== 'NewReplicaSetAvailable') };
    }
    case 'StatefulSet': {
      const partition = valueAt(workload, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']);
      const target = Math.max(0, wanted - (typeof partition === 'number' ? partition : 0));
      const same = status['currentRevision'] === status['updateRevision'];
      // With one revision only, updatedReplicas may be absent.
      const updated = same ? number('replicas') : number('updatedReplicas') + (wanted - target);
      const available = typeof status['availableReplicas'] === 'number' ? number('availableReplicas') : number('readyReplicas');
      return stateOf({ observed, mixed: !same && number('updatedReplicas') < target, wanted, updated, available, failed: false });
    }
    case 'DaemonSet': {
      const updated = number('updatedNumberScheduled');
      const mixed = number('currentNumberScheduled') > updated;
      return stateOf({
        observed,
        mixed,
        wanted: number('desiredNumberScheduled'),
        updated,
        available: number('numberAvailable'),
        failed: false,
      });
    }
    case 'Rollout': {
      const [stable, current] = [status['stableRS'], status['currentPodHash']];
      const mixed = stable !== undefined && stable !== '' && current !== undefined && stable !== current;
      const updated = mixed ? 0 : number('updatedReplicas');
      const failed = status['phase'] === 'Degraded' || status['abort'] === true;
      return stateOf({ observed, mixed, wanted, updated, available: number('availableReplicas'), failed });
    }
    default:
      return NOTHING_ROLLS;
  }
}

interface Counts {
  readonly observed: boolean;
  readonly mixed: boolean;
  readonly wanted: number;
  readonly updated: number;
  readonly available: number;
  readonly failed: boolean;
}

function stateOf({ observed, mixed, wanted, updated, available, failed }: Counts): RolloutState {
  const complete = observed && !mixed && updated >= wanted && available >= wanted;
  return {
    observed,
    mixed,
    healthy: complete && wanted > 0,
    available: available > 0,
    complete,
    unfinished: mixed,
    failed: observed && failed,
  };
}

/** The reason of a Deployment's condition Progressing; pods that fail later do not change it. */
function progressReason(status: Readonly<Record<string, unknown>>): unknown {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.find((condition) => isFields(condition) && condition['type'] === 'Progressing')?.reason;
}
