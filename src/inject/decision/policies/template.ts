import { isFields } from '../../../../api/fields.ts';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { valueAt } from '../../../../api/value-at.ts';
import { controllerOf } from '../../workload/controller-of.ts';
import { OTHER_POD_KINDS, WORKLOAD_KINDS } from '../../workload/kinds.ts';
import type { PodSpec } from '../../workload/pod-template.ts';
import { policy } from '../policy.ts';

export const templateIsItsOwn = policy({
  requires: 'the workload has a pod template of its own, not a reference to another',
  reasons: ['UnsupportedKind'],
  check: ({ workload, name }) => {
    const reference = valueAt(workload, ['spec', 'workloadRef']);
    if (!isFields(reference)) return undefined;
    const target = `${String(reference['kind'])} ${String(reference['name'])}`;
    const message = `${name} takes its pod template from ${target} (spec.workloadRef): annotate that one`;
    return { reason: 'UnsupportedKind', message, effect: 'leave' };
  },
});

export const kindIsKnown = policy({
  requires: 'the operator knows the kind, and a changed template makes new pods',
  reasons: ['UnsupportedKind'],
  check: ({ workload, name, template }) =>
    template === undefined ? { reason: 'UnsupportedKind', message: unsupported(workload, name), effect: 'leave' } : undefined,
});

export const runsOnLinux = policy({
  requires: 'the pods do not run on Windows',
  reasons: ['WindowsPod'],
  check: ({ name, template }) =>
    template !== undefined && runsOnWindows(template.spec)
      ? { reason: 'WindowsPod', message: `the pods of ${name} run on Windows`, effect: 'leave' }
      : undefined,
});

const OS_LABEL = 'kubernetes.io/os';
const REQUIRED_NODES = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms'];

function runsOnWindows(pod: PodSpec): boolean {
  if (pod.os?.name === 'windows' || pod.nodeSelector?.[OS_LABEL] === 'windows') return true;
  // One of the terms must hold.
  const terms = valueAt(pod, REQUIRED_NODES);
  return Array.isArray(terms) && terms.length > 0 && terms.every(asksForWindows);
}

function asksForWindows(term: unknown): boolean {
  const expressions = valueAt(term, ['matchExpressions']);
  if (!Array.isArray(expressions)) return false;
  return expressions.some(
    (one) => isFields(one) && one['key'] === OS_LABEL && one['operator'] === 'In' && `${one['values']}` === 'windows',
  );
}

function unsupported(workload: KubeObject, name: string): string {
  const instead = Object.hasOwn(OTHER_POD_KINDS, workload.kind) ? OTHER_POD_KINDS[workload.kind]?.instead : undefined;
  const maker = controllerOf(workload)?.ref;
  const kinds = Object.keys(WORKLOAD_KINDS).join(', ');
  if (maker !== undefined) {
    return `${name} is made by ${maker.kind} ${maker.name}, and the operator does not know the pod template of that kind: annotate one of ${kinds}, or set the variables there yourself`;
  }
  const known = Object.hasOwn(WORKLOAD_KINDS, workload.kind) ? WORKLOAD_KINDS[workload.kind]?.apiVersion : undefined;
  if (known !== undefined) return `${name} is of apiVersion ${workload.apiVersion}, expected ${known}`;
  return instead === undefined ? `the operator does not know the pod template of ${name}: annotate one of ${kinds}` : `${name} ${instead}`;
}
