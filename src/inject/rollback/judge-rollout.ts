import type { KubeObject } from '../../../api/kube-object.ts';
import { isReady, podFailure } from '../../kube/pod-failure.ts';
import type { RolloutState } from '../rollout/rollout-state.ts';
import { rollbackMessage } from './rollback-note.ts';

/** How far a rollout that an injection has started has come. Milliseconds. */
export interface RolloutProgress {
  readonly state: RolloutState;
  /** The workload holds no injection any more. */
  readonly isTakenBack: boolean;
  /** How long new pods may take. undefined: somebody has changed the template meanwhile, or nobody wants failing pods to be noticed. */
  readonly deadlineMs: number | undefined;
  /** Since the rollout began. */
  readonly ageMs: number;
  /** Since all of it was first as wanted; undefined: it has not been yet. */
  readonly completeForMs: number | undefined;
  /** Since the pods were last looked at. */
  readonly checkedBeforeMs: number;
  /** How often pods are looked at. */
  readonly lookMs: number;
}

/** `end`: the rollout is nothing of ours any more. `wait`: look again after `ms` milliseconds. */
type Waiting = { readonly kind: 'end' } | { readonly kind: 'wait'; readonly ms: number };

/** If a rollout takes longer, it holds no place any more: the operator does not wait for what keeps it. Milliseconds. */
const PLACE_MS = 15 * 60_000;
/**
 * How long we answer for the pods after the rollout is through, milliseconds, and at most the deadline. A container without readiness probe
 * is ready for the instant before it crashes, and its Deployment is done with it. Two restarts take half a minute.
 */
const ANSWER_MS = 90_000;

/** What to do about a rollout before anything is asked: `pods`: look at its pods now, and {@link judgePods}. */
export function nextLook(progress: RolloutProgress): Waiting | { readonly kind: 'pods' } {
  const { state, isTakenBack, deadlineMs, ageMs, completeForMs, checkedBeforeMs, lookMs } = progress;
  if (isTakenBack || deadlineMs === undefined) {
    // Only the place counts.
    const isOver = isTakenBack || state.complete || state.failed || ageMs > PLACE_MS;
    return isOver ? { kind: 'end' } : { kind: 'wait', ms: PLACE_MS - ageMs + 1 };
  }
  if (completeForMs !== undefined) {
    const left = Math.min(ANSWER_MS, deadlineMs) - completeForMs;
    if (left <= 0) return { kind: 'end' };
    // A pod that fails changes the workload's status. While the status is as wanted, nobody asks for pods.
    if (state.complete) return { kind: 'wait', ms: left + 1 };
  }
  const due = lookMs - checkedBeforeMs;
  return due > 0 && !state.failed ? { kind: 'wait', ms: due } : { kind: 'pods' };
}

/**
 * Whether the injection must be taken back because of its pods.
 * @param pods those that were made from the injected template.
 * @returns `failed` with what is wrong, in words for people; else when to look again.
 */
export function judgePods(
  workload: KubeObject,
  pods: readonly KubeObject[],
  { state, ageMs, deadlineMs = 0, completeForMs, lookMs }: RolloutProgress,
): Waiting | { readonly kind: 'failed'; readonly message: string } {
  const failure = podFailure(pods);
  if (failure !== undefined) return { kind: 'failed', message: rollbackMessage(workload, failure) };
  if (state.failed) return { kind: 'failed', message: 'ProgressDeadlineExceeded: new pods did not become available' };
  if (ageMs < deadlineMs || completeForMs !== undefined) return { kind: 'wait', ms: lookMs };
  if (pods.some(isReady)) return { kind: 'end' };
  return { kind: 'failed', message: `none of ${pods.length} new pods was ready after ${Math.round(deadlineMs / 1000)} s` };
}
