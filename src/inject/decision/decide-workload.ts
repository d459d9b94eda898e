import type { KubeObject } from '../../../api/kube-object.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { heldOf } from '../record/held.ts';
import { isMarked } from '../record/is-marked.ts';
import { settingsDigest } from '../rollback/rollback-note.ts';
import { settingsOf } from '../wishes/settings.ts';
import { podTemplate } from '../workload/pod-template.ts';
import { Candidate, type CandidateInput } from './candidate.ts';
import { type Decision, NO_NEEDS } from './decision.ts';
import { exposes } from './exposes.ts';
import { injection } from './injection.ts';
import { outcome } from './outcome.ts';
import { beingDeleted } from './policies/deletion.ts';
import { isProtected } from './policies/namespaces.ts';
import { rolledBack } from './policies/rollback.ts';
import { firstVerdict, type Verdict } from './policy.ts';
import { PRECONDITIONS } from './preconditions.ts';
import { ignore, report, takeBack, withdraw } from './report.ts';

export interface DecisionInput extends CandidateInput {
  /** Every pod is available and has the present template. Default false. */
  readonly healthy?: boolean;
}

/** Decides from its input alone. Equal input gives an equal decision. Once it is carried out, the next one is `none`. */
export function decideWorkload(input: DecisionInput): Decision {
  const settings = settingsOf(input.workload, input.namespace, input.runtimes);
  if (settings.kind === 'absent' || settings.kind === 'optedOut') return decideUnasked(input, settings);
  const candidate = new Candidate(input, settings);
  const verdict = firstVerdict(PRECONDITIONS, candidate);
  return verdict === undefined ? injection(candidate, input.healthy === true) : refusal(candidate, verdict);
}

/** For a workload that asks for nothing, or opts out. */
function decideUnasked(
  { workload, namespace, stacks, operatorNamespace, runtimes }: DecisionInput,
  settings: { readonly kind: 'absent' | 'optedOut' },
): Decision {
  if (isProtected(workload, operatorNamespace)) return { action: 'none', needs: NO_NEEDS };
  const going = beingDeleted(workload, namespace);
  if (going !== undefined) {
    const concerned = settings.kind === 'optedOut' || isMarked(workload);
    return concerned ? ignore(outcome('Deleting', going)) : { action: 'none', needs: NO_NEEDS };
  }
  const template = podTemplate(workload);
  const { mine } = heldOf(workload, template, settings, stacks, runtimes);
  return withdraw(workload, template, mine, settings.kind === 'optedOut' ? outcome('OptedOut') : undefined);
}

/** What a verdict means for what the workload already holds. */
function refusal(candidate: Candidate, { reason, message, effect, notes, annotations }: Verdict): Decision {
  const { workload, template, held, active } = candidate;
  if (effect === 'ignore') return ignore(outcome(reason, message));
  // If there is no template to change, it does not matter where the annotation is.
  const beside = notes ?? (template === undefined ? [] : (active?.notes ?? []));
  const result = outcome(reason, message, beside);
  const mustGo = effect === 'takeBack' || (template !== undefined && exposes(template, held.mine, candidate.runtimes));
  return mustGo ? takeBack(workload, template, held.mine, result, annotations) : report(workload, result, annotations);
}

/** Tells people why an injection must wait. */
export function decideWaiting(workload: KubeObject, reason: OutcomeReason, message: string): Decision {
  return report(workload, outcome(reason, message));
}

/** Tells people that the API server refused a write. Nothing else is tried until the workload changes. */
export function decideRefused(workload: KubeObject, message: string): Decision {
  return report(workload, outcome('WriteRefused', message));
}

/** Takes an injection back because its pods failed. It notes the settings, so that the same is not tried again. */
export function decideRollback(input: DecisionInput, failure: string): Decision {
  const settings = settingsOf(input.workload, input.namespace, input.runtimes);
  if (settings.kind !== 'active') return decideWorkload(input);
  const candidate = new Candidate(input, settings);
  if (candidate.template === undefined || beingDeleted(input.workload, input.namespace) !== undefined) return decideWorkload(input);
  return refusal(candidate, rolledBack({ settings: settingsDigest(settings), message: failure }));
}
