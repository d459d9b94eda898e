import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { didYouMean } from '../../../api/nearest.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { readRecord } from '../record/record.ts';
import type { InjectionConfig } from './config.ts';

export type StackChoice =
  | { readonly kind: 'chosen'; readonly config: InjectionConfig }
  | {
      readonly kind: 'refused';
      readonly reason: Extract<OutcomeReason, 'WaitingForStack' | 'UnknownStack' | 'AmbiguousStack'>;
      readonly message: string;
    };

/**
 * The stack that a workload reports to: the one named by `[namespace/]name`, else the only one. A name without a namespace means the
 * stack of that name in the workload's own namespace, else the only one of that name anywhere.
 */
export function chooseStack(wanted: string | undefined, namespace: string, stacks: readonly InjectionConfig[]): StackChoice {
  const full = ({ stack }: InjectionConfig) => `${stack.namespace}/${stack.name}`;
  const all = stacks.map(full).sort();
  if (stacks.length === 0) {
    return refused(
      'WaitingForStack',
      `there is no TelemetryStack${wanted === undefined ? '' : ` (${ANNOTATION.stack} asks for ${wanted})`}`,
    );
  }
  if (wanted === undefined) {
    return (
      only(stacks) ??
      refused('AmbiguousStack', `there are ${stacks.length} TelemetryStacks: set ${ANNOTATION.stack} to one of ${all.join(', ')}`)
    );
  }
  if (wanted.includes('/')) {
    const match = only(stacks.filter((config) => full(config) === wanted));
    return match ?? unknown(wanted, all);
  }
  const named = stacks.filter(({ stack }) => stack.name === wanted);
  if (named.length === 0) return unknown(wanted, [...new Set(stacks.map(({ stack }) => stack.name))].sort());
  return (
    only(named.filter(({ stack }) => stack.namespace === namespace)) ??
    only(named) ??
    refused('AmbiguousStack', `${ANNOTATION.stack}: ${wanted} fits ${named.map(full).sort().join(', ')}: name one with its namespace`)
  );
}

/** `namespace/name` of the stack that a workload counts for: the recorded one, else the only one. */
export function presentStack(workload: KubeObject, stacks: readonly InjectionConfig[]): string | undefined {
  const record = readRecord(workload);
  return typeof record === 'string' ? onlyStack(stacks) : record.stack;
}

/** `namespace/name` of the one stack that there is; undefined when there is none, or several. */
export function onlyStack(stacks: readonly InjectionConfig[]): string | undefined {
  const choice = only(stacks);
  return choice?.kind === 'chosen' ? `${choice.config.stack.namespace}/${choice.config.stack.name}` : undefined;
}

function only(stacks: readonly InjectionConfig[]): StackChoice | undefined {
  const [config, ...others] = stacks;
  return config === undefined || others.length > 0 ? undefined : { kind: 'chosen', config };
}

function unknown(wanted: string, candidates: readonly string[]): StackChoice {
  return refused(
    'UnknownStack',
    `${ANNOTATION.stack} names TelemetryStack ${wanted}, which does not exist.${didYouMean(wanted, candidates)} There is ${candidates.join(', ')}`,
  );
}

function refused(reason: Extract<StackChoice, { kind: 'refused' }>['reason'], message: string): StackChoice {
  return { kind: 'refused', reason, message };
}
