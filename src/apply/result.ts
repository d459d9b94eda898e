import type { KubeObject } from '../../api/kube-object.ts';
import type { Action } from './action.ts';

/** Why an object is not as it should be, by reason; docs/reference/reconcile.md says what to do about each. */
export const PROBLEM_REASONS = {
  ObjectRefused: 'The API server refuses it: invalid, or denied by admission or authorization.',
  FieldManagerConflict: 'Another manager holds a field, and the policy is to leave it.',
  Immutable: 'A field cannot change, and the policy is not to recreate.',
  ForeignOwner: 'It is somebody else’s.',
  DriftNotRepairable: 'Our own write did not make it so: something rewrites it on its way in.',
  FieldContested: 'Somebody changes it back, or deletes it, each time; it is written less and less often.',
  Terminating: 'It is being deleted, and is not gone yet.',
  HeldBack: 'It needs an object that could not be written, or such an object needs it.',
  PruneRefused: 'Too much would be deleted at once.',
  PruneFailed: 'It could not be deleted.',
  ApplyFailed: 'Anything that a later try may get past.',
} as const;

export interface Problem {
  readonly reason: keyof typeof PROBLEM_REASONS;
  /** Names the object, the field and what to do. */
  readonly message: string;
  /** Whether the problem stays until somebody does something. */
  readonly final: boolean;
}

export type WriteOutcome = 'created' | 'updated' | 'recreated' | 'unchanged' | 'deleted' | 'failed' | 'waiting' | 'refused' | 'retained';

/** What became of one action. */
export interface Result {
  readonly action: Action;
  readonly outcome: WriteOutcome;
  /** The object as it is now; undefined after a deletion and after an error. */
  readonly object?: KubeObject;
  readonly problem?: Problem;
}

/** Whether the pass changed the object. */
export function isWrite({ outcome }: Result): boolean {
  return outcome === 'created' || outcome === 'updated' || outcome === 'recreated' || outcome === 'deleted';
}
