import { ANNOTATION } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { isApiError, type KubeApi } from '../../src/kube/kube-api.ts';
import { type Change, deploymentOf, type SoakWorkload } from './churn.ts';

const QUERY = { fieldManager: 'soak' };
const API_VERSIONS = { ConfigMap: 'v1', Service: 'v1', NetworkPolicy: 'networking.k8s.io/v1' } as const;

/** Does to the cluster what a change says, as a person with kubectl would. */
export async function applyChange(api: KubeApi, change: Change, node: string): Promise<void> {
  switch (change.type) {
    case 'annotate':
    case 'change-mode':
    case 'remove':
    case 'move-stack': {
      const { backend, stack } = change.workload;
      const set = { [ANNOTATION.backend]: backend ?? null, [ANNOTATION.stack]: backend === undefined ? null : stack };
      return patchWorkload(api, change.workload, { metadata: { annotations: set } });
    }
    case 'edit-env':
      return patchWorkload(api, change.workload, containerEnv([{ name: 'KEEP', value: change.workload.keep }]));
    case 'scale':
      return patchWorkload(api, change.workload, { spec: { replicas: change.workload.replicas } });
    case 'break-workload':
      return patchWorkload(api, change.workload, containerEnv([{ name: 'OBSERVABILITY_BACKEND', $patch: 'delete' }]));
    case 'recreate':
      return recreate(api, change.workload, node);
    case 'edit-stack': {
      const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
      const ref = { name: change.stack, namespace: SYSTEM_NAMESPACE };
      await api.patch(type, ref, 'application/merge-patch+json', { spec: change.spec }, QUERY);
      return;
    }
    case 'break-stack':
      return deleteOne(api, change);
    default:
      change satisfies never;
  }
}

function containerEnv(env: readonly object[]): object {
  return { spec: { template: { spec: { containers: [{ name: 'app', env }] } } } };
}

async function patchWorkload(api: KubeApi, { namespace, name }: SoakWorkload, body: object): Promise<void> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  await api.patch(type, { namespace, name }, 'application/strategic-merge-patch+json', body, QUERY);
}

async function recreate(api: KubeApi, workload: SoakWorkload, node: string): Promise<void> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  await api.delete(type, workload);
  for (let attempt = 1; ; attempt++) {
    try {
      await api.create(type, deploymentOf(workload, node) as KubeObject, QUERY);
      return;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists') || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function deleteOne(api: KubeApi, { stack, kind }: Extract<Change, { type: 'break-stack' }>): Promise<void> {
  const type = await api.resourceType(API_VERSIONS[kind], kind);
  const { items } = await api.list(type, { namespace: SYSTEM_NAMESPACE, query: { labelSelector: `${STACK_LABEL}=${stack}` } });
  const [first] = items;
  if (first !== undefined) await api.delete(type, first.metadata);
}
