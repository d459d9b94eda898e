import type { KubeObject } from '../../api/kube-object.ts';
import { type ComponentName, componentName, PORT, selectorLabels } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { ifAllowed, type KubeApi } from '../kube/kube-api.ts';
import type { CredentialsSource } from '../kube/rest/credentials.ts';
import { type Forwarding, forwardPort } from '../kube/rest/port-forward.ts';
import type { InjectedWorkload } from '../survey/targets.ts';
import { JaegerClient } from './jaeger.ts';
import type { PodLog } from './log-facts.ts';
import { PrometheusClient } from './prometheus.ts';
import type { VerifyPort } from './verify.ts';

/** From the start of the log: the bootstrap speaks first. */
const LOG_BYTES = 4 * 1024 * 1024;

/** A {@link VerifyPort} on a real cluster; `close` ends its port-forwards. */
export interface ClusterPort extends VerifyPort {
  readonly prometheus: PrometheusClient;
  readonly jaeger: JaegerClient;
  readonly urls: { readonly prometheus: string; readonly jaeger: string };
  close(): Promise<void>;
}

/** Opens port-forwards to the Prometheus and the Jaeger of a stack. Throws Error that names the component that has no ready pod. */
export async function openClusterPort(
  api: KubeApi,
  source: CredentialsSource,
  stack: { readonly namespace: string; readonly name: string },
): Promise<ClusterPort> {
  const opened: Forwarding[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((forwarding) => forwarding.close()));
  };
  const open = async (component: ComponentName, port: number): Promise<string> => {
    const pods = await ifAllowed(runningPods(api, stack.namespace, selectorLabels(stack.name, component)));
    if (pods === undefined) {
      throw new Error(
        `verify asks ${component} through its pod: you may not list pods in namespace ${stack.namespace}; docs/security.md has the Role that gives it`,
      );
    }
    const pod = pods.find(isReady);
    if (pod === undefined) {
      await requireStack(api, stack);
      const name = `${stack.namespace}/${componentName(stack.name, component)}`;
      throw new Error(`StatefulSet ${name} has no ready pod: duotel status says why`);
    }
    const forwarding = await forwardPort(source, { namespace: stack.namespace, pod: pod.metadata.name, port });
    opened.push(forwarding);
    return forwarding.url;
  };
  try {
    const [prometheus, jaeger] = await Promise.all([open('prometheus', PORT.prometheus), open('jaeger', PORT.jaegerUi)]);
    return {
      urls: { prometheus, jaeger },
      prometheus: new PrometheusClient(prometheus),
      jaeger: new JaegerClient(jaeger),
      logs: (workload) => podLogs(api, workload),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws Error if it is known that the stack does not exist. */
async function requireStack(api: KubeApi, { namespace, name }: { readonly namespace: string; readonly name: string }): Promise<void> {
  const { apiVersion, kind } = TELEMETRY_STACK;
  const stacks = await ifAllowed(api.list(await api.resourceType(apiVersion, kind), { namespace }));
  if (stacks === undefined || stacks.items.some(({ metadata }) => metadata.name === name)) return;
  throw new Error(`the workload reports to ${kind} ${namespace}/${name}, which is not there: duotel status says how to get one`);
}

/** The logs of a workload's pods, all containers of a pod in one text. If a log cannot be read, `unread` names it, and the others go on. */
export async function podLogs(api: KubeApi, { kind, namespace, podLabels }: InjectedWorkload): Promise<readonly PodLog[]> {
  // The pods of a CronJob have mostly done their work when somebody looks.
  const pods = await runningPods(api, namespace, podLabels, kind === 'CronJob' ? ['Running', 'Succeeded'] : ['Running']);
  return Promise.all(
    pods.map(async ({ metadata, ...pod }) => {
      const { containers } = pod['spec'] as { containers: readonly { name: string }[] };
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/log`;
      const logs = await Promise.all(
        containers.map(async ({ name: container }) => {
          try {
            return { text: await api.getText(path, { container, limitBytes: LOG_BYTES }) };
          } catch (error) {
            return { container, reason: error instanceof Error ? error.message : String(error) };
          }
        }),
      );
      const text = logs.flatMap((log) => (log.text === undefined ? [] : [log.text])).join('\n');
      return { pod: metadata.name, text, unread: logs.flatMap((log) => (log.text === undefined ? [log] : [])) };
    }),
  );
}

/** Pods in one of these phases that are not on their way out. */
export async function runningPods(
  api: KubeApi,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  phases: readonly string[] = ['Running'],
): Promise<readonly KubeObject[]> {
  const type = await api.resourceType('v1', 'Pod');
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const { items } = await api.list(type, { namespace, query: { labelSelector } });
  return items.filter((pod) => {
    const { phase } = (pod['status'] ?? {}) as { phase?: string };
    return phases.includes(phase ?? '') && pod.metadata.deletionTimestamp === undefined;
  });
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
