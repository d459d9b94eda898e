import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';
import { podFailure } from '../../kube/pod-failure.ts';
import { bearsMarker } from '../record/marker.ts';
import { readRecord } from '../record/record.ts';
import { rolloutState } from '../rollout/rollout-state.ts';
import { makesPodsInOrder } from '../workload/makes-pods-in-order.ts';
import type { PodSpec } from '../workload/pod-template.ts';
import { readRollback } from './rollback-note.ts';

/** Label that the StatefulSet controller puts on each pod: the revision of the template that it was made from. */
const REVISION = 'controller-revision-hash';

/**
 * Whether an injection was taken back from a StatefulSet that replaces no pod which is not Ready. A pod that the injection made crash would
 * stay so for ever. Its controller must have seen the former template, or it would make the pod so again.
 */
export function mayHaveStuckPods(workload: KubeObject): boolean {
  if (!makesPodsInOrder(workload)) return false;
  if (readRollback(workload) === undefined || readRecord(workload) !== 'absent') return false;
  const { observed, complete } = rolloutState(workload);
  return observed && !complete;
}

/** The pods of such a StatefulSet that were made from the injected template and fail. Only their deletion helps. */
export function stuckPods(
  workload: KubeObject,
  pods: readonly KubeObject[],
): { readonly injected: number; readonly failing: readonly KubeObject[] } {
  const update = valueAt(workload, ['status', 'updateRevision']);
  const injected = pods.filter(({ metadata, ...pod }) => {
    const { containers = [] } = (pod['spec'] ?? {}) as Partial<PodSpec>;
    return (
      metadata.ownerReferences?.some(({ uid }) => uid === workload.metadata.uid) === true &&
      metadata.deletionTimestamp === undefined &&
      metadata.labels?.[REVISION] !== update &&
      containers.some(bearsMarker)
    );
  });
  return { injected: injected.length, failing: injected.filter((pod) => podFailure([pod]) !== undefined) };
}
