import type { KubeObject } from '../api/kube-object.ts';

/** What must exist before what: kinds in the order they are applied; the rest comes after them. Deletion goes the other way. */
const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'Service',
  'Deployment',
  'StatefulSet',
  'PodDisruptionBudget',
];

/** Negative when `a` is applied before `b`. Ties by namespace and name, so that the order does not depend on the input's. */
export function compareForApply(a: KubeObject, b: KubeObject): number {
  const rank = (object: KubeObject): number => {
    const index = ORDER.indexOf(object.kind);
    return index === -1 ? ORDER.length : index;
  };
  const key = (object: KubeObject): string => `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  return rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1);
}
