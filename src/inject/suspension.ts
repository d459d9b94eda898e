import type { KubeObject } from '../api/kube-object.ts';
import type { InjectionConfig } from './config.ts';
import { type Outcome, outcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import { readRecord } from './record.ts';

/**
 * What is to be said instead of carrying out a plan, where the stack of the workload is suspended: the one it reports to by its record,
 * else the only one, or the one that the plan is for. undefined: nothing holds the plan back.
 * @param suspended `namespace/name` of the stacks for whose workloads nothing is written.
 */
export function heldBack(
  workload: KubeObject,
  plan: Plan,
  stacks: readonly InjectionConfig[],
  suspended: readonly string[],
): { readonly outcome: Outcome | undefined } | undefined {
  const record = readRecord(workload);
  const [only, ...others] = stacks;
  const alone = only === undefined || others.length > 0 ? undefined : `${only.stack.namespace}/${only.stack.name}`;
  const present = typeof record === 'string' ? alone : record.stack;
  const stack = suspended.find((name) => name === present || (plan.action === 'inject' && name === plan.record.stack));
  if (stack === undefined) return undefined;
  if (plan.action === 'none' || plan.action === 'release') return { outcome: plan.outcome };
  return { outcome: outcome('StackSuspended', `TelemetryStack ${stack} is suspended: nothing is written for its workloads`) };
}
