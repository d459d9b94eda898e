import type { KubeObject } from '../../api/kube-object.ts';

/**
 * Kinds by the wave in which they are written: what must exist before what. Objects of one wave are written at the same time. Kinds that
 * are not named here, such as custom ones, come after the workloads' wave. Deletion goes the other way. After Flux's ssa/sort.go.
 */
const WAVES: readonly (readonly string[])[] = [
  ['CustomResourceDefinition', 'Namespace', 'ClusterRole'],
  ['StorageClass', 'PriorityClass', 'IngressClass', 'RuntimeClass', 'GatewayClass'],
  ['ServiceAccount', 'ClusterRoleBinding', 'Role', 'ResourceQuota', 'LimitRange'],
  ['RoleBinding', 'ConfigMap', 'Secret', 'PersistentVolume', 'PersistentVolumeClaim'],
  ['Service'],
  ['NetworkPolicy', 'PodDisruptionBudget'],
  ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'],
];
/** These decide on every other write, so they come when everything that they need is there. */
const LAST = [
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'APIService',
];

type Sortable = Pick<KubeObject, 'kind' | 'metadata'>;

/** The number of the wave that a kind is written in; 0 first. */
export function waveOf(kind: string): number {
  const index = WAVES.findIndex((kinds) => kinds.includes(kind));
  if (index !== -1) return index;
  return LAST.includes(kind) ? WAVES.length + 1 : WAVES.length;
}

/** Whether the API server can check the other objects of a set only when objects of this kind are there. */
export function isFoundation(kind: string): boolean {
  return waveOf(kind) === 0;
}

/** Negative when `a` is applied before `b`. Ties go by kind, namespace and name, so the order does not depend on the input's. */
export function compareForApply(a: Sortable, b: Sortable): number {
  const key = ({ kind, metadata }: Sortable): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  return waveOf(a.kind) - waveOf(b.kind) || (key(a) < key(b) ? -1 : 1);
}

/** The items in groups of one wave, in the order in which the groups are written. */
export function inWaves<T>(items: readonly T[], kindOf: (item: T) => string): readonly (readonly T[])[] {
  const waves = new Map<number, T[]>();
  for (const item of items) {
    const wave = waveOf(kindOf(item));
    const known = waves.get(wave);
    if (known === undefined) waves.set(wave, [item]);
    else known.push(item);
  }
  return [...waves.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}
