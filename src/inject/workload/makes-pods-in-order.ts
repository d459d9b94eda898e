import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';

/** Whether it is a StatefulSet with `OrderedReady`, its default: it replaces no pod that is not Ready, also not to take a bad template back (kubernetes#67250). */
export function makesPodsInOrder(workload: KubeObject): boolean {
  return workload.kind === 'StatefulSet' && valueAt(workload, ['spec', 'podManagementPolicy']) !== 'Parallel';
}
