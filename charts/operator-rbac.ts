import { FEATURES, type Feature } from '../api/features.ts';
import { OPERATOR_NAME } from '../api/names.ts';

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the operator may do in the whole cluster. test/cluster/rbac.test.ts holds it against the verbs that it uses. */
export const CLUSTER_RULES: readonly PolicyRule[] = [
  { apiGroups: ['duotel.io'], resources: ['telemetrystacks'], verbs: ['list', 'watch', 'create', 'patch'] },
  { apiGroups: ['duotel.io'], resources: ['telemetrystacks/status'], verbs: ['patch'] },
  // Annotated workloads are patched where they are.
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: ['get', 'list', 'watch', 'patch'] },
  // The operator lists the pods of a rollout that an injection has started, by their workload's labels, while it is under way. It deletes a
  // pod that crashes with an injection that was taken back, if its StatefulSet would leave it so.
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
  // The bootstrap and the price list are copied into the namespaces of workloads that ask for them.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];

/** With a scope, the only right outside of namespaces: to look at those of the scope, by their names. */
export function scopedClusterRules(namespaces: readonly string[]): readonly PolicyRule[] {
  return [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'], resourceNames: namespaces }];
}

/** With a scope, the rights in each of its namespaces: the part of {@link CLUSTER_RULES} about workloads. */
export const SCOPE_RULES: readonly PolicyRule[] = CLUSTER_RULES.filter(
  ({ apiGroups, resources }) => !apiGroups.includes('duotel.io') && !resources.includes('namespaces'),
);

/** With a scope, the rights in the operator's own namespace besides {@link NAMESPACE_RULES}. */
export const SCOPED_HOME_RULES: readonly PolicyRule[] = [
  ...CLUSTER_RULES.filter(
    ({ apiGroups, resources }) => apiGroups.includes('duotel.io') || resources.includes('configmaps') || resources.includes('events'),
  ),
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['list', 'watch', 'patch'] },
  // The stack's own, when it has any; written only with the feature.
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] },
];

/**
 * What the operator may do in its own namespace: keep the stack's objects. It makes Secrets and looks at them, and never changes or deletes
 * them.
 */
export const NAMESPACE_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts', 'services'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['create', 'delete'] },
  // The operator's own ReplicaSets and Deployments: it keeps a program that one of them names.
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch', 'create'] },
  // Its own lease alone; a right to create cannot be bound to a name.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'patch'], resourceNames: [OPERATOR_NAME] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
];

/**
 * Rights in the operator's own namespace to the kinds of features, each with its verbs. Such objects are not watched: the operator reads
 * them one by one, and lists them by the stack's label when it is deleted. `scoped`: the operator has a scope.
 */
export function featureRules(features: readonly Feature[], scoped = false): readonly PolicyRule[] {
  return features.flatMap((feature) =>
    FEATURES[feature].map(({ apiVersion, resource }) => ({
      apiGroups: [apiVersion.slice(0, apiVersion.lastIndexOf('/'))],
      resources: [resource],
      verbs: resource === 'deployments' ? deploymentVerbs(scoped) : ['get', 'list', 'create', 'patch', 'delete'],
    })),
  );
}

/** Deployments are watched and patched in the whole cluster, as workloads; with a scope they are only watched in the operator's namespace. */
function deploymentVerbs(scoped: boolean): readonly string[] {
  return scoped ? ['create', 'patch', 'delete'] : ['create', 'delete'];
}
