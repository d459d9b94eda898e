import { ANNOTATION } from '../../../api/annotations.ts';
import { didYouMean } from '../../../api/nearest.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import type { PodSpec } from '../workload/pod-template.ts';
import { KNOWN_SIDECARS } from './sidecars.ts';

export type TargetContainers =
  | { readonly kind: 'targets'; readonly names: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly reason: Extract<OutcomeReason, 'UnknownContainer' | 'AmbiguousContainer' | 'NoTargetContainer'>;
      readonly message: string;
    };

/**
 * The containers that get variables, in the order of the template: the named ones; with `*`, every one but the known sidecars; else the
 * only one that is not a known sidecar. Init containers are never targets, so native sidecars are not either.
 */
export function targetContainers(choice: '*' | readonly string[] | undefined, pod: PodSpec): TargetContainers {
  const all = pod.containers.map(({ name }) => name);
  if (choice !== undefined && choice !== '*') {
    const unknown = choice.find((name) => !all.includes(name));
    if (unknown === undefined) return { kind: 'targets', names: all.filter((name) => choice.includes(name)) };
    const isInit = (pod.initContainers ?? []).some(({ name }) => name === unknown);
    const why = isInit
      ? `an init container, and these, native sidecars too, are not injected. Others are`
      : `which the pod template does not have.${didYouMean(unknown, all)} It has`;
    const message = `${ANNOTATION.containers} names container ${unknown}, ${why} ${all.join(', ')}`;
    return { kind: 'refused', reason: 'UnknownContainer', message };
  }
  const apps = all.filter((name) => !KNOWN_SIDECARS.has(name));
  if (apps.length === 0) {
    const message = `every container (${all.join(', ')}) is a known sidecar: set ${ANNOTATION.containers} to the one that runs the LLM code`;
    return { kind: 'refused', reason: 'NoTargetContainer', message };
  }
  if (choice === undefined && apps.length > 1) {
    const message = `the pod has ${apps.length} containers: set ${ANNOTATION.containers} to one or more of ${apps.join(', ')}, or to *`;
    return { kind: 'refused', reason: 'AmbiguousContainer', message };
  }
  return { kind: 'targets', names: apps };
}
