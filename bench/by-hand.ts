import type { KubeObject } from '../api/kube-object.ts';
import { quantile } from '../tools/scale/statistics.ts';
import { type Figure, figure } from './figure.ts';
import { inFlight } from './in-flight.ts';
import { deploymentRef, type InjectCluster, OWN_VARIABLES, USER } from './inject-cluster.ts';
import type { OperatorWatch } from './operator-watch.ts';

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts?: readonly object[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly object[];
}

/** Annotates each as a user would, and gives it what the operator has given an injected one, without a thought: what the cluster takes at best. */
export async function injectByHand(
  { api, annotated }: InjectCluster,
  watch: OperatorWatch,
  keys: readonly string[],
): Promise<readonly [p50: Figure, p99: Figure]> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const [sample = ''] = annotated;
  const injected = await api.get(type, deploymentRef(sample));
  if (injected === undefined) throw new Error(`Deployment ${sample} is gone`);
  const body = { spec: { template: { spec: additions(injected) } } };
  const mark = watch.mark();
  await inFlight(keys, keys.length, async (key) => {
    await api.patch(
      type,
      deploymentRef(key),
      'application/merge-patch+json',
      { metadata: { annotations: { 'bench/asked': 'yes' } } },
      USER,
    );
    await api.patch(type, deploymentRef(key), 'application/strategic-merge-patch+json', body, USER);
  });
  const answers = new Map<string, number[]>();
  for (const { user, verb, resource, namespace, name, answered } of watch.requests().slice(mark)) {
    if (user !== 'admin' || verb !== 'patch' || resource !== 'deployments') continue;
    const key = `${namespace}/${name}`;
    answers.set(key, [...(answers.get(key) ?? []), answered]);
  }
  const waits = keys.flatMap((key) => {
    const [asked, done] = answers.get(key) ?? [];
    return asked === undefined || done === undefined ? [] : [done - asked];
  });
  return [
    figure('inject/by-hand-p50', `${keys.length} annotated and patched by a loop that knows what to write, p50`, 'ms', [
      quantile(waits, 0.5),
    ]),
    figure('inject/by-hand-p99', 'the same, p99', 'ms', [quantile(waits, 0.99)]),
  ];
}

/** What of an injected Deployment of the benchmark is the operator's, as a patch for another one. */
function additions(injected: KubeObject): PodSpec {
  const { template } = injected['spec'] as { readonly template: { readonly spec: PodSpec } };
  const containers = template.spec.containers.map(({ name, env = [], volumeMounts = [] }) => ({
    name,
    env: env.filter((variable) => !OWN_VARIABLES.some(({ name }) => name === variable.name)),
    volumeMounts,
  }));
  return { containers, ...(template.spec.volumes && { volumes: template.spec.volumes }) };
}
