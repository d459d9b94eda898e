import type { KubeObject } from '../../api/kube-object.ts';
import type { KubeApi } from '../../src/kube/kube-api.ts';
import { ToolError } from '../lib/tool-error.ts';
import { type Seen, until } from './poll.ts';

/** A Deployment that has been rolled out, as far as the journey compares it. */
export interface Rollout {
  /** The live pod template, as JSON text: equal text, equal bytes. */
  readonly template: string;
  readonly replicaSet: { readonly name: string; readonly uid: string };
  /** Name of a ready pod of that ReplicaSet. */
  readonly pod: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Field managers of the Deployment; those of its status left out. */
  readonly managers: readonly string[];
}

interface Shape {
  readonly spec: {
    readonly replicas?: number;
    readonly template: object;
    readonly selector: { readonly matchLabels: Record<string, string> };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

const REVISION = 'deployment.kubernetes.io/revision';

export async function getDeployment(api: KubeApi, namespace: string, name: string): Promise<KubeObject & Shape> {
  const deployment = await api.get(await api.resourceType('apps/v1', 'Deployment'), { namespace, name });
  if (deployment === undefined) throw new Error(`Deployment/${namespace}/${name} is not there`);
  return deployment as KubeObject & Shape;
}

/** Waits until every pod is of the present template and available; ends at once when a pod can not start. */
export async function rolledOut(
  api: KubeApi,
  namespace: string,
  name: string,
  limitSeconds: number,
  options: Parameters<typeof until>[3] = {},
): Promise<Rollout> {
  return until(`rollout of Deployment/${namespace}/${name}`, limitSeconds, () => look(api, namespace, name), options);
}

async function look(api: KubeApi, namespace: string, name: string): Promise<Seen<Rollout>> {
  const deployment = await getDeployment(api, namespace, name);
  const { spec, status = {} } = deployment;
  const wanted = spec.replicas ?? 1;
  const pods = await listBy(api, 'v1', 'Pod', namespace, spec.selector.matchLabels);
  failOnStuck(pods, namespace);
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const note = `${availableReplicas} of ${wanted} available, ${updatedReplicas} updated`;
  const done =
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    replicas === wanted &&
    updatedReplicas === wanted &&
    availableReplicas === wanted;
  if (!done) return { note };
  const sets = await listBy(api, 'apps/v1', 'ReplicaSet', namespace, spec.selector.matchLabels);
  const revision = deployment.metadata.annotations?.[REVISION];
  const set = sets.find(({ metadata }) => metadata.annotations?.[REVISION] === revision);
  const hash = set?.metadata.labels?.['pod-template-hash'];
  const pod = pods.find((candidate) => candidate.metadata.labels?.['pod-template-hash'] === hash && isReady(candidate));
  if (set === undefined || pod === undefined) return { note: 'its ReplicaSet or pod is not there yet' };
  return {
    value: {
      template: JSON.stringify(spec.template),
      replicaSet: { name: set.metadata.name, uid: set.metadata.uid ?? '' },
      pod: pod.metadata.name,
      annotations: deployment.metadata.annotations ?? {},
      managers: (deployment.metadata.managedFields ?? []).flatMap((entry) =>
        entry.subresource === undefined ? [entry.manager ?? ''] : [],
      ),
    },
  };
}

/** Throws ToolError when a pod of a Deployment can not start; fine where the Deployment has none yet. */
export async function failIfStuck(api: KubeApi, namespace: string, name: string): Promise<void> {
  const { spec } = await getDeployment(api, namespace, name);
  failOnStuck(await listBy(api, 'v1', 'Pod', namespace, spec.selector.matchLabels), namespace);
}

async function listBy(
  api: KubeApi,
  apiVersion: string,
  kind: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly KubeObject[]> {
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return (await api.list(await api.resourceType(apiVersion, kind), { namespace, query: { labelSelector } })).items;
}

/** Reasons of a waiting container that no amount of waiting mends. */
const STUCK = [
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'CrashLoopBackOff',
];

function failOnStuck(pods: readonly KubeObject[], namespace: string): void {
  for (const pod of pods) {
    const { containerStatuses = [] } = (pod['status'] ?? {}) as {
      containerStatuses?: readonly { image: string; state?: { waiting?: { reason?: string; message?: string } } }[];
    };
    for (const { image, state } of containerStatuses) {
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (!STUCK.includes(reason)) continue;
      const hint = reason.includes('Image')
        ? 'build and load the example images as `npm run demo -- --help` says'
        : `kubectl logs -n ${namespace} ${pod.metadata.name} --previous`;
      throw new ToolError(`Pod/${namespace}/${pod.metadata.name} can not start: ${reason} (image ${image}) ${message}`, hint);
    }
  }
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return pod.metadata.deletionTimestamp === undefined && conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
