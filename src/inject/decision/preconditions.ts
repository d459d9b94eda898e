import { ANNOTATION } from '../../../api/annotations.ts';
import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { valueAt } from '../../../api/value-at.ts';
import { PYTHONPATH } from '../change/variables.ts';
import { MOUNT_PATH } from '../wishes/config.ts';
import type { ActiveSettings } from '../wishes/settings.ts';
import { controllerOf } from '../workload/controller-of.ts';
import { OTHER_POD_KINDS, WORKLOAD_KINDS } from '../workload/kinds.ts';
import type { PodSpec, PodTemplate } from '../workload/pod-template.ts';
import type { Note } from './outcome.ts';

/** Kubernetes keeps the prefix `kube-` for itself. */
export function isProtected({ metadata: { namespace = '' } }: KubeObject, operatorNamespace: string): boolean {
  return namespace === operatorNamespace || namespace.startsWith('kube-');
}

/** Why this workload can not be injected now, whatever its template says of containers and variables. */
export function hindrance(
  workload: KubeObject,
  template: PodTemplate | undefined,
  settings: ActiveSettings,
): { readonly reason: OutcomeReason; readonly message: string } | undefined {
  const name = `${workload.kind} ${workload.metadata.name}`;
  const reference = valueAt(workload, ['spec', 'workloadRef']);
  if (isFields(reference)) {
    const target = `${String(reference['kind'])} ${String(reference['name'])}`;
    const message = `${name} has its pod template from ${target} (spec.workloadRef): annotate that one`;
    return { reason: 'UnsupportedKind', message };
  }
  if (template === undefined) return { reason: 'UnsupportedKind', message: unsupported(workload, name) };
  if (runsOnWindows(template.spec)) {
    return { reason: 'WindowsPod', message: `the pods of ${name} run on Windows` };
  }
  if (settings.bootstrap === 'nodejs') {
    const message = `${ANNOTATION.bootstrap}: nodejs is not in this release: set it to none and initialise the producers in the app`;
    return { reason: 'BootstrapUnavailable', message };
  }
  if (valueAt(workload, ['spec', 'paused']) === true) {
    return { reason: 'WaitingPaused', message: `${name} is paused: kubectl rollout resume` };
  }
  return undefined;
}

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
    return `${name} is made by ${maker.kind} ${maker.name}, of a kind whose pod template is not known here: annotate one of ${kinds}, or set the variables there yourself`;
  }
  const known = Object.hasOwn(WORKLOAD_KINDS, workload.kind) ? WORKLOAD_KINDS[workload.kind]?.apiVersion : undefined;
  if (known !== undefined) return `${name} is of apiVersion ${workload.apiVersion}, expected ${known}`;
  return instead === undefined ? `the pod template of ${name} is not known here: annotate one of ${kinds}` : `${name} ${instead}`;
}

/** What a person should know about the pods though it hinders nothing. */
export function surroundings(
  workload: KubeObject,
  template: PodTemplate,
  targets: readonly string[],
  settings: ActiveSettings,
): readonly Note[] {
  const notes: Note[] = [];
  const { hostNetwork, dnsPolicy = 'ClusterFirst', containers } = template.spec;
  if (hostNetwork === true && dnsPolicy === 'ClusterFirst') {
    const message = 'the pods use the host network and can not resolve the collector: set dnsPolicy: ClusterFirstWithHostNet';
    notes.push({ reason: 'HostNetworkDns', level: 'note', message });
  }
  if (valueAt(workload, ['spec', 'updateStrategy', 'type']) === 'OnDelete') {
    notes.push({ reason: 'PodsMustBeDeleted', level: 'note', message: 'updateStrategy is OnDelete: delete the pods when it suits you' });
  }
  const targeted = containers.filter(({ name }) => targets.includes(name));
  const withEnvFrom = targeted.filter(({ envFrom = [] }) => envFrom.length > 0).map(({ name }) => name);
  if (withEnvFrom.length > 0) {
    const startup =
      settings.bootstrap === 'python'
        ? `; a ${PYTHONPATH} in it is replaced: name it under env with :${MOUNT_PATH.python} appended to keep it`
        : '';
    const message = `container ${withEnvFrom.join(', ')} has envFrom, which is not read; injected variables win over it, and OTEL_EXPORTER_OTLP_HEADERS in it would go to the stack: name your endpoint under env to keep it${startup}`;
    notes.push({ reason: 'EnvFromNotRead', level: 'note', message });
  }
  if (settings.bootstrap === 'python') {
    const message = `${PYTHONPATH} of the pod replaces the one that the image may have`;
    notes.push({ reason: 'ImageEnvNotRead', level: 'hint', message });
  }
  return notes;
}
