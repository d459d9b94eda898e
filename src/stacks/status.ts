import { type Condition, condition } from '../../api/condition.ts';
import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { type ComponentLine, type StackStatus, statusOf, type WorkloadCounts } from '../../api/stack-status.ts';

/** Annotation of a TelemetryStack: a new value starts a pass that tries everything again. */
export const RECONCILE_AT = 'duotel.io/reconcile-at';

export interface StackOutcome {
  /** Why the stack cannot go on without a person; each reason names the object. */
  readonly stalled?: { readonly reason: string; readonly message: string };
  /** Errors that will be tried again. */
  readonly failures: readonly string[];
  readonly suspended: boolean;
  /** Whether the pass compared the objects and wrote what differs. */
  readonly tried: boolean;
  readonly components: readonly ComponentLine[];
  readonly inventory: readonly InventoryEntry[];
  readonly inventoryConfigMaps?: readonly string[];
  /** What was applied, when all of it was. */
  readonly applied?: { readonly digest: string; readonly generation: number };
  readonly workloads: WorkloadCounts;
}

/**
 * The status of a stack to which the operator of `namespace` has no rights; undefined where another operator, in the stack's own namespace,
 * keeps its status.
 */
export function refusedOutcome(stack: KubeObject, namespace: string): StackOutcome | undefined {
  const ready = statusOf(stack).conditions?.find(({ type }) => type === 'Ready');
  if (ready !== undefined && ready.reason !== 'WrongNamespace') return undefined;
  const message = `metadata.namespace is ${stack.metadata.namespace}, expected ${namespace}: the operator has rights in its own namespace only; create the TelemetryStack there`;
  const workloads = { injected: 0, pending: 0, blocked: 0, reverted: 0 };
  return {
    stalled: { reason: 'WrongNamespace', message },
    failures: [],
    suspended: false,
    tried: false,
    components: [],
    inventory: [],
    workloads,
  };
}

/** The status that says what the pass found. Equal input gives an equal status: the time of a condition moves only when its status does. */
export function stackStatus(stack: KubeObject, outcome: StackOutcome, now: string): StackStatus {
  const generation = stack.metadata.generation ?? 0;
  const before = statusOf(stack).conditions ?? [];
  const make = (type: Condition['type'], status: boolean, reason: string, message: string): Condition =>
    condition(before, now, { type, status: status ? 'True' : 'False', reason, message, observedGeneration: generation });
  const { components, inventory, workloads } = outcome;
  const ready = summary(outcome);
  const handled = outcome.tried ? stack.metadata.annotations?.[RECONCILE_AT] : statusOf(stack).lastHandledReconcileAt;
  const progressing = ready.reason === 'ComponentsNotReady' || ready.reason === 'ApplyFailed';
  return {
    observedGeneration: generation,
    conditions: [
      make('Ready', ready.ready, ready.reason, ready.message),
      make('Reconciling', progressing, progressing ? ready.reason : 'Settled', progressing ? ready.message : 'nothing left to do'),
      outcome.stalled === undefined
        ? make('Stalled', false, 'Settled', 'nothing stands in the way')
        : make('Stalled', true, outcome.stalled.reason, outcome.stalled.message),
    ],
    components,
    inventory,
    ...(outcome.inventoryConfigMaps?.length && { inventoryConfigMaps: outcome.inventoryConfigMaps }),
    ...lastApplied(stack, outcome),
    ...(handled !== undefined && { lastHandledReconcileAt: handled }),
    workloads,
  };
}

function lastApplied(stack: KubeObject, { applied }: StackOutcome): Pick<StackStatus, 'lastAppliedDigest' | 'lastAppliedGeneration'> {
  const { lastAppliedDigest, lastAppliedGeneration } = statusOf(stack);
  if (applied !== undefined) return { lastAppliedDigest: applied.digest, lastAppliedGeneration: applied.generation };
  return {
    ...(lastAppliedDigest !== undefined && { lastAppliedDigest }),
    ...(lastAppliedGeneration !== undefined && { lastAppliedGeneration }),
  };
}

function summary(outcome: StackOutcome): { readonly ready: boolean; readonly reason: string; readonly message: string } {
  if (outcome.stalled !== undefined) return { ready: false, ...outcome.stalled };
  if (outcome.suspended) return { ready: false, reason: 'Suspended', message: 'spec.suspend is true: nothing is written' };
  if (outcome.failures.length > 0) return { ready: false, reason: 'ApplyFailed', message: outcome.failures.join('; ').slice(0, 2000) };
  const waiting = outcome.components.filter((component) => !component.ready);
  const count = outcome.components.length;
  if (waiting.length > 0) {
    const lines = waiting.map((component) => `${component.name}: ${component.message}`).join('; ');
    return { ready: false, reason: 'ComponentsNotReady', message: `${count - waiting.length} of ${count} components ready; ${lines}` };
  }
  return { ready: true, reason: 'AllComponentsReady', message: `${count} of ${count} components ready` };
}
