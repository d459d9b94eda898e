import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { statusOf } from '../../api/stack-status.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import type { Policies } from '../apply/policies.ts';

/** Annotation of a TelemetryStack: the generation in which half of its objects or more may be pruned. */
export const CONFIRM_PRUNE = 'duotel.io/confirm-prune';

/**
 * The policies that the spec sets. Half of the objects or more may go at once only if somebody has changed the spec since everything was
 * last applied, or has confirmed it. If the same spec yields half of its objects, the program is at fault.
 */
export function stackPolicies(stack: KubeObject, { reconcile }: ResolvedStackSpec): Partial<Policies> {
  const { name, generation, annotations = {} } = stack.metadata;
  const { adoption, immutable, conflicts, errors, ignore } = reconcile;
  const { lastAppliedGeneration } = statusOf(stack);
  const explained = lastAppliedGeneration !== generation || annotations[CONFIRM_PRUNE] === String(generation);
  return {
    owner: { label: STACK_LABEL, value: name },
    adoption,
    immutable,
    conflicts,
    errors,
    ignore,
    pruneShare: explained ? 1 : 0.5,
  };
}
