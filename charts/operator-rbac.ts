interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What the operator may do in the whole cluster. test/cluster/rbac.test.ts holds it against the verbs that it uses. */
export const CLUSTER_RULES: readonly PolicyRule[] = [
  { apiGroups: ['duotel.io'], resources: ['telemetrystacks'], verbs: ['list', 'watch', 'create', 'patch'] },
  { apiGroups: ['duotel.io'], resources: ['telemetrystacks/status'], verbs: ['patch'] },
  // Annotated workloads are patched where they are.
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
  // The bootstrap and the price list are copied into the namespaces of workloads that ask for them.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];

/** What it may do in its own namespace: keep the stack's objects. Secrets are made and looked at, never changed or deleted. */
export const NAMESPACE_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
  { apiGroups: [''], resources: ['serviceaccounts', 'services'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['create', 'delete'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch', 'create'] },
];
