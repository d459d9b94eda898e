import type { KubeObject } from '../../../api/kube-object.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { must } from './installation.ts';

/** The pods of an app (label `app`), oldest first, without those that are being deleted. */
export async function podsOf(cluster: ControlPlane, namespace: string, app: string): Promise<readonly KubeObject[]> {
  const { items } = JSON.parse(await must(cluster, ['get', 'pods', '-n', namespace, '-l', `app=${app}`, '-o', 'json'])) as {
    items: KubeObject[];
  };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => `${a.metadata.creationTimestamp}`.localeCompare(`${b.metadata.creationTimestamp}`));
}

/** A control plane has no kubelet: a test says what it would have said. Pods that have a status of it keep theirs. */
export async function sayReady(cluster: ControlPlane, namespace: string, app: string): Promise<void> {
  for (const pod of await podsOf(cluster, namespace, app)) {
    const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: readonly { type: string }[] };
    if (!conditions.some(({ type }) => type === 'Ready')) await patchStatus(cluster, pod, { phase: 'Running', conditions: ready('True') });
  }
}

/** The container of these pods has crashed twice and is not restarted for now. */
export async function sayCrashed(cluster: ControlPlane, pods: readonly KubeObject[], container = 'app'): Promise<void> {
  const last = { terminated: { exitCode: 1, reason: 'Error' } };
  const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container' } };
  const status = { name: container, ready: false, restartCount: 2, image: 'app:1', imageID: '', state, lastState: last };
  for (const pod of pods) await patchStatus(cluster, pod, { phase: 'Running', conditions: ready('False'), containerStatuses: [status] });
}

function ready(status: 'True' | 'False'): readonly object[] {
  const lastTransitionTime = new Date(Date.now() - 60_000).toISOString();
  return ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime }));
}

async function patchStatus(cluster: ControlPlane, pod: KubeObject, status: object): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  await must(cluster, ['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
}
