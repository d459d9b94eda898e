import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { statusOf } from '../../api/stack-status.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import type { Policies } from '../apply/policies.ts';

/** Annotation of a TelemetryStack: its generation, for which a half of its objects or more may be pruned. */
export const CONFIRM_PRUNE = 'duotel.io/confirm-prune';

/**
 * What the spec allows. A half of the objects or more may go at once only when somebody has changed the spec since all of it was last
 * applied, or has confirmed it: the same spec that yields half of its objects is a fault of the program.
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
