import type { OutcomeReason } from '../../../api/reason.ts';
import type { InjectionConfig } from '../wishes/config.ts';
import type { RolloutState } from './rollout-state.ts';

/** A rollout of ours that is under way, of a workload that had available pods. */
export interface OurRollout {
  readonly namespace: string;
  /** `namespace/name` of the stack. */
  readonly stack: string;
}

export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly reason: Extract<OutcomeReason, 'WaitingForRollout' | 'WaitingInQueue'>; readonly message: string };

export interface Applicant {
  readonly name: string;
  readonly namespace: string;
  readonly state: RolloutState;
  /**
   * The template has lost something of ours: the sooner it is back, the fewer rollouts. Or it holds a mount of ours with which the owner's
   * next deploy could fail.
   */
  readonly urgent: boolean;
  /** Its own rollout is among those that run, and its place does not stand in its way. */
  readonly own?: OurRollout | undefined;
}

const GO: Admission = { kind: 'go' };

/**
 * Whether a template may be changed now. Never beside a rollout that is under way; then as many at once as the stack's settings allow. A
 * workload without available pods has nothing to lose and waits for nobody. While the case stays the same, so does the message.
 */
export function admit(applicant: Applicant, running: Iterable<OurRollout>, config: InjectionConfig): Admission {
  const { name, namespace, state, urgent, own } = applicant;
  if (urgent) return GO;
  if (!state.available) return GO;
  // If the status lags behind, it speaks of the former template: what was rolling still rolls.
  if (state.mixed) {
    const message = `${name} is rolling out an earlier change; the injection follows when that is done`;
    return { kind: 'wait', reason: 'WaitingForRollout', message };
  }
  const stack = `${config.stack.namespace}/${config.stack.name}`;
  const { maxConcurrentRollouts, maxConcurrentRolloutsPerNamespace } = config.pace;
  let [all, here] = [0, 0];
  for (const one of running) {
    if (one === own || one.stack !== stack) continue;
    all += 1;
    if (one.namespace === namespace) here += 1;
  }
  if (all >= maxConcurrentRollouts) return queued(`${maxConcurrentRollouts} workloads`, 'maxConcurrentRollouts', stack);
  if (here < maxConcurrentRolloutsPerNamespace) return GO;
  return queued(`${maxConcurrentRolloutsPerNamespace} workloads of namespace ${namespace}`, 'maxConcurrentRolloutsPerNamespace', stack);
}

function queued(what: string, field: string, stack: string): Admission {
  const message = `${what} are rolling out, as many as spec.injection.${field} of TelemetryStack ${stack} allows at once`;
  return { kind: 'wait', reason: 'WaitingInQueue', message };
}
