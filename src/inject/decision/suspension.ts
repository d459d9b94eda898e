import type { InjectionConfig } from '../wishes/config.ts';
import type { Decision } from './decision.ts';
import { type Outcome, outcome } from './outcome.ts';

/** `namespace/name` of the stacks for whose workloads nothing is written. */
export function suspendedStacks(stacks: readonly { readonly config: InjectionConfig; readonly suspended: boolean }[]): readonly string[] {
  return stacks.filter(({ suspended }) => suspended).map(({ config }) => `${config.stack.namespace}/${config.stack.name}`);
}

/**
 * The outcome of a workload whose stack is suspended, in place of its decision. The stack is the one that the workload counts for, or the
 * one of the decision. undefined: nothing holds the decision back.
 * @param present the stack that the workload counts for, `namespace/name`.
 * @param suspended see {@link suspendedStacks}.
 */
export function heldBack(
  decision: Decision,
  present: string | undefined,
  suspended: readonly string[],
): { readonly outcome: Outcome | undefined } | undefined {
  const stack = suspended.find((name) => name === present || (decision.action === 'inject' && name === decision.record.stack));
  if (stack === undefined) return undefined;
  if (decision.action === 'none' || decision.action === 'release') return { outcome: decision.outcome };
  return { outcome: outcome('StackSuspended', `TelemetryStack ${stack} is suspended: nothing is written for its workloads`) };
}
