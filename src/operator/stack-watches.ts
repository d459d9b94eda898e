import { STACK_LABEL } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { Watched } from '../controller/cluster-cache.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { STACK_KINDS } from '../stacks/kinds.ts';

/** Selects what the operator has made. */
export const MANAGED = { labelSelector: 'app.kubernetes.io/managed-by=duotel' } as const;

/** The objects that are watched besides ConfigMaps and workloads: TelemetryStacks, their parts, their Secrets, and Namespaces. */
export function stackWatches(namespace: string, scope: readonly string[] | undefined): readonly Watched[] {
  const parts = STACK_KINDS.filter(({ kind }) => kind !== 'ConfigMap' && !(kind in WORKLOAD_KINDS));
  return [
    ...[...parts, { apiVersion: 'v1', kind: 'Secret' }].map((kind) => ({ ...kind, namespace, query: { labelSelector: STACK_LABEL } })),
    { apiVersion: TELEMETRY_STACK.apiVersion, kind: TELEMETRY_STACK.kind, ...(scope && { namespace }) },
    ...namespaceWatches(scope),
  ];
}

/** By name where there is a scope: that right can be bound to names. */
function namespaceWatches(scope: readonly string[] | undefined): readonly Watched[] {
  const watched = { apiVersion: 'v1', kind: 'Namespace' };
  return scope?.map((name) => ({ ...watched, query: { fieldSelector: `metadata.name=${name}` } })) ?? [watched];
}
