import type { KubeObject } from '../../../../api/kube-object.ts';
import { policy } from '../policy.ts';

/**
 * The object that is being deleted, so that no write would last: the workload, or its Namespace, in which the API server makes nothing any
 * more. undefined: neither is.
 */
export function beingDeleted(workload: KubeObject, namespace: KubeObject): string | undefined {
  const going = [workload, namespace].find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return going && `${going.kind} ${going.metadata.name} is being deleted`;
}

export const isNotBeingDeleted = policy({
  requires: 'neither the workload nor its Namespace is being deleted',
  reasons: ['Deleting'],
  check: ({ workload, namespace }) => {
    const message = beingDeleted(workload, namespace);
    return message === undefined ? undefined : { reason: 'Deleting', message, effect: 'ignore' };
  },
});
