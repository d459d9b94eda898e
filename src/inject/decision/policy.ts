import type { OutcomeReason } from '../../../api/reason.ts';
import type { Candidate } from './candidate.ts';
import type { Note } from './outcome.ts';

/** Why a workload that asks for telemetry is not injected now, and what becomes of what it already holds. */
export interface Verdict<Reason extends OutcomeReason = OutcomeReason> {
  readonly reason: Reason;
  /** Names the object, the field, what was expected and what to do. */
  readonly message: string;
  /**
   * - `leave`: what the workload holds stays, and its status says why; a mount of ours that must not stay is taken back all the same.
   * - `takeBack`: the template becomes what it was, and the status says why.
   * - `ignore`: nothing is written, not even a status.
   */
  readonly effect: 'leave' | 'takeBack' | 'ignore';
  /** Said beside the reason. Default: what is to be said of the annotations themselves. */
  readonly notes?: readonly Note[];
  /** Annotations to write beside the status. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One precondition of an injection. */
export interface Policy<Reason extends OutcomeReason = OutcomeReason> {
  /** What must be so, as a clause: "the workload is not being deleted". */
  readonly requires: string;
  /** Every reason that it can give. */
  readonly reasons: readonly Reason[];
  /** undefined: the precondition holds, or can not be judged yet because an earlier one does not hold. */
  readonly check: (candidate: Candidate) => Verdict<Reason> | undefined;
}

/** Holds a policy to the reasons that it states. */
export function policy<const Reason extends OutcomeReason>(one: Policy<Reason>): Policy<Reason> {
  return one;
}

/** The verdict of the first policy that has one. */
export function firstVerdict(chain: readonly Policy[], candidate: Candidate): Verdict | undefined {
  for (const { check } of chain) {
    const verdict = check(candidate);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
