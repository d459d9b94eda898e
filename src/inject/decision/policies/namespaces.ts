import type { KubeObject } from '../../../../api/kube-object.ts';
import { policy } from '../policy.ts';

/** Kubernetes keeps the prefix `kube-` for itself. */
export function isProtected({ metadata: { namespace = '' } }: KubeObject, operatorNamespace: string): boolean {
  return namespace === operatorNamespace || namespace.startsWith('kube-');
}

export const namespaceIsNotProtected = policy({
  requires: "the namespace is neither the operator's nor one of Kubernetes' own",
  reasons: ['ProtectedNamespace'],
  check: ({ workload, operatorNamespace }) =>
    isProtected(workload, operatorNamespace)
      ? {
          reason: 'ProtectedNamespace',
          message: `namespace ${workload.metadata.namespace} is protected: the operator changes nothing in it`,
          effect: 'ignore',
        }
      : undefined,
});

export const stackAllowsNamespace = policy({
  requires: 'the stack does not protect the namespace',
  reasons: ['ProtectedNamespace'],
  check: ({ workload, stack }) => {
    const { namespace = '' } = workload.metadata;
    if (stack?.kind !== 'chosen' || !stack.config.protectedNamespaces.includes(namespace)) return undefined;
    const { namespace: home, name } = stack.config.stack;
    const message = `namespace ${namespace} is in spec.injection.protectedNamespaces of TelemetryStack ${home}/${name}`;
    return { reason: 'ProtectedNamespace', message, effect: 'ignore' };
  },
});
