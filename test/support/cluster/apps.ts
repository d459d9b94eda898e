import type { KubeObject } from '../../../api/kube-object.ts';
import type { PodTemplate } from '../../../src/inject/workload/pod-template.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../time/eventually.ts';
import { getObject, must } from './installation.ts';
import { podsOf, sayCrashed, sayReady } from './pods.ts';

/** A Deployment, or what has the same fields, as the API server holds it. */
export interface LiveApp extends KubeObject {
  readonly spec: { readonly replicas: number; readonly template: PodTemplate };
  readonly status: {
    readonly observedGeneration?: number;
    readonly availableReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
  };
}

/** Whether the variables of an injection are in its spec: of a workload or of a pod. */
export function holdsVariables(object: KubeObject): boolean {
  return JSON.stringify(object['spec']).includes('OBSERVABILITY_BACKEND');
}

/**
 * What is asked of the workloads of one namespace, and done to them. One that is named without its kind (`app` for `deployment/app`) is a
 * Deployment. There is no kubelet: what it would say of pods is said here.
 */
export function appsIn(cluster: ControlPlane, namespace: string) {
  const whole = (name: string): string => (name.includes('/') ? name : `deployment/${name}`);
  const kubectl = (...args: readonly string[]): Promise<string> => must(cluster, [...args, '-n', namespace]);
  const annotate = (name: string, ...annotations: readonly string[]): Promise<string> =>
    kubectl('annotate', '--overwrite', whole(name), ...annotations);

  async function get(name: string): Promise<LiveApp> {
    const live = await getObject<LiveApp>(cluster, whole(name), namespace);
    if (live === undefined) throw new Error(`${name} is gone`);
    return live;
  }
  const statusLine = async (name: string): Promise<string> => (await get(name)).metadata.annotations?.['duotel.io/status'] ?? '';
  const isInjected = async (name: string): Promise<boolean> => holdsVariables(await get(name));
  const managers = async (name: string): Promise<readonly (string | undefined)[]> =>
    ((await get(name)).metadata.managedFields ?? []).map(({ manager }) => manager);
  /** Names of a container's variables. */
  const variables = async (name: string, container = 0): Promise<readonly string[]> =>
    ((await get(name)).spec.template.spec.containers[container]?.env ?? []).map((one) => one.name);

  /** A line each: `Warning Reason: message`. */
  const events = (name: string): Promise<string> =>
    kubectl(
      'get',
      'events',
      '--field-selector',
      `involvedObject.name=${name}`,
      '-o',
      'jsonpath={range .items[*]}{.type} {.reason}: {.message}{"\\n"}{end}',
    );

  /** Names, as kubectl gives them. */
  const replicaSets = async (name: string): Promise<readonly string[]> =>
    (await kubectl('get', 'rs', '-l', `app=${name}`, '-o', 'name')).split('\n').filter(Boolean).sort();

  /** The Deployment's controller has seen its present template, and made its ReplicaSet. */
  const observed = (name: string): Promise<unknown> =>
    eventually(`the controller to have seen ${name}`, async () => {
      const { metadata, status } = await get(name);
      return status.observedGeneration === metadata.generation;
    });

  /** Rolled out, with every pod available. */
  const becomesReady = (name: string): Promise<LiveApp> =>
    eventually(`${name} to be available`, async () => {
      await sayReady(cluster, namespace, name);
      const live = await get(name);
      const { observedGeneration, availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = live.status;
      if (observedGeneration !== live.metadata.generation) return false;
      return availableReplicas === live.spec.replicas && updatedReplicas === replicas && replicas > 0 && live;
    });

  /** Those of its pods that hold an injection. */
  const newPods = async (name: string): Promise<readonly KubeObject[]> => (await podsOf(cluster, namespace, name)).filter(holdsVariables);

  /** Annotates a healthy Deployment and lets the pods of the injection crash. */
  async function crashes(name: string): Promise<void> {
    await annotate(name, 'duotel.io/backend=both');
    await sayCrashed(cluster, await eventually('new pods', async () => (await newPods(name)).length > 0 && newPods(name)));
  }

  return {
    kubectl,
    annotate,
    get,
    statusLine,
    isInjected,
    managers,
    variables,
    events,
    replicaSets,
    observed,
    becomesReady,
    newPods,
    crashes,
  };
}
