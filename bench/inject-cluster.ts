import type { KubeObject } from '../api/kube-object.ts';
import { DEFAULT_STACK, SYSTEM_NAMESPACE } from '../api/names.ts';
import { TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { rolloutState } from '../src/inject/rollout/rollout-state.ts';
import type { KubeApi } from '../src/kube/kube-api.ts';
import { createKubeApi } from '../src/kube/rest/rest-kube-api.ts';
import { type ControlPlane, startControlPlane } from '../tools/cluster/control-plane.ts';
import { synth } from '../tools/demo/synth.ts';
import { step } from '../tools/lib/progress.ts';
import { ToolError } from '../tools/lib/tool-error.ts';
import { bindPods } from '../tools/scale/bind-pods.ts';
import { startFakeNodes } from '../tools/scale/fake-nodes.ts';
import { inFlight } from './in-flight.ts';

/** A control plane with fake nodes and many Deployments, and the manifests of this checkout applied to it. */
export interface InjectCluster {
  readonly cluster: ControlPlane;
  /** As administrator. */
  readonly api: KubeApi;
  readonly dist: string;
  readonly folder: string;
  readonly nodes: readonly string[];
  /** `namespace/name` of the Deployments that carry the annotation from the start. */
  readonly annotated: readonly string[];
  /** The others. */
  readonly plain: readonly string[];
  /** Waits until every pod that is wanted is there, and none of a former template: what was rolling out loads the cluster no more. */
  rolledOut(): Promise<void>;
  stop(): Promise<void>;
}

export interface InjectSize {
  readonly deployments: number;
  /** The first so many are annotated from the start. */
  readonly annotated: number;
  /** The first so many have a pod; the others are scaled to 0, since pods of workloads that nobody annotated never reach the operator. */
  readonly running: number;
  readonly namespaces: number;
}

/** Requests under way at once: more only add latency to an API server on two cores. */
export const IN_FLIGHT = 16;
/** Field manager of everything that a user would do. */
export const USER = { fieldManager: 'bench' };

/** What its Deployments have from the start. */
export const OWN_VARIABLES: readonly { readonly name: string; readonly value: string }[] = [
  { name: 'LOG_LEVEL', value: 'info' },
  { name: 'DATABASE_URL', value: 'postgres://db:5432/app' },
];

export function benchDeployment(namespace: string, name: string, node: string, annotated: boolean, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name, team: 'bench' }, ...(annotated && { annotations: { 'duotel.io/backend': 'both' } }) },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, team: 'bench' } },
        spec: {
          nodeName: node,
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'app',
              image: 'registry.example/app:1',
              ports: [{ containerPort: 8080 }],
              env: OWN_VARIABLES,
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
            },
          ],
        },
      },
    },
  };
}

/** Brings it up; every pod runs when this resolves. */
export async function startInjectCluster(folder: string, size: InjectSize): Promise<InjectCluster> {
  const dist = await synth(folder, false);
  const cluster = await startControlPlane({ audit: true });
  const ends: (() => Promise<unknown>)[] = [() => cluster.stop()];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const fake = await startFakeNodes(cluster, folder, 5);
    ends.push(() => fake.stop());
    const api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
    ends.push(() => api.close());
    await kubectl(cluster, ['apply', '--server-side', '-f', dist]);
    // A stack whose pods never come up has something to say of itself after a while: that would be no settled cluster.
    ends.push(bindPods(api, SYSTEM_NAMESPACE, fake.names[0] ?? ''));
    await kubectl(cluster, ['wait', '--for=condition=Established', '--timeout=60s', 'crd/telemetrystacks.duotel.io']);
    await createStack(api);
    const keys = await createDeployments(api, size, fake.names);
    await step('waiting for all pods', (note) => allHealthy(api, size.running, note));
    return {
      cluster,
      api,
      dist,
      folder,
      nodes: fake.names,
      annotated: keys.slice(0, size.annotated),
      plain: keys.slice(size.annotated),
      rolledOut: () => step('waiting for all rollouts', (note) => allHealthy(api, size.running, note)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Enough rollouts at once that the pace, which is there to be slow, does not hide the operator's own part. */
const UNPACED = { maxConcurrentRollouts: 100_000, maxConcurrentRolloutsPerNamespace: 100_000 };
export const DEFAULT_PACE = { maxConcurrentRollouts: 10, maxConcurrentRolloutsPerNamespace: 3 };

/** The default stack, unpaced, with further settings. */
export async function createStack(api: KubeApi, settings: object = {}): Promise<void> {
  const { apiVersion, kind } = TELEMETRY_STACK;
  const type = await api.resourceType(apiVersion, kind);
  const metadata = { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE };
  await api.create(type, { apiVersion, kind, metadata, spec: { injection: UNPACED, ...settings } }, USER);
}

/** Sets how many workloads may roll out at once. */
export async function setPace(api: KubeApi, pace: typeof UNPACED): Promise<void> {
  const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
  const ref = { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE };
  await api.patch(type, ref, 'application/merge-patch+json', { spec: { injection: pace } }, USER);
}

async function createDeployments(api: KubeApi, size: InjectSize, nodes: readonly string[]): Promise<readonly string[]> {
  const [namespaces, deployments] = [await api.resourceType('v1', 'Namespace'), await api.resourceType('apps/v1', 'Deployment')];
  const names = Array.from({ length: size.namespaces }, (_, index) => `team-${index}`);
  await inFlight(names, IN_FLIGHT, (name) => api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, USER));
  const indexes = Array.from({ length: size.deployments }, (_, index) => index);
  const key = (index: number): readonly [string, string] => [names[index % names.length] ?? '', `app-${index}`];
  await step(`creating ${size.deployments} Deployments`, () =>
    inFlight(indexes, IN_FLIGHT, (index) => {
      const [namespace, name] = key(index);
      return api.create(
        deployments,
        benchDeployment(namespace, name, nodes[index % nodes.length] ?? '', index < size.annotated, index < size.running ? 1 : 0),
        USER,
      );
    }),
  );
  return indexes.map((index) => key(index).join('/'));
}

async function allHealthy(api: KubeApi, count: number, note: (text: string) => void): Promise<void> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const deadline = performance.now() + 15 * 60_000;
  for (;;) {
    const { items } = await api.list(type);
    const done = items.filter((one) => rolloutState(one).healthy).length;
    note(`${done} of ${count}`);
    if (done >= count) return;
    if (performance.now() > deadline) throw new Error(`${done} of ${count} Deployments healthy after 15 minutes`);
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

/** Standard output of kubectl as administrator. Throws when it fails. */
export async function kubectl(cluster: ControlPlane, args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await cluster.kubectl(args, '', 120_000);
  if (code !== 0) throw new ToolError(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Of `namespace/name`. */
export function deploymentRef(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
