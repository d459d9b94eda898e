import type { KubeObject } from '../api/kube-object.ts';
import { DEFAULT_APPLIED_ANNOTATION, DEFAULT_STACK_CONFIG, SYSTEM_NAMESPACE } from '../api/names.ts';
import { TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { listWorkloads } from '../verify/workloads.ts';
import { readNamespaces } from './namespaces.ts';
import { defaultStackSettings, type StackSettings, stackSettings } from './stacks.ts';

/** What the operator would see, read once. */
export interface Survey {
  readonly workloads: readonly KubeObject[];
  readonly namespaces: ReadonlyMap<string, KubeObject>;
  readonly stacks: readonly StackSettings[];
  /** There is no TelemetryStack, and never was: the one that the operator makes then is assumed. */
  readonly assumedStack: boolean;
}

/**
 * Reads workloads and Namespaces (one or all), and stacks. Reads only.
 * @throws Error where there is no such namespace.
 */
export async function surveyCluster(api: KubeApi, namespace?: string): Promise<Survey> {
  const [workloads, namespaces, stacks] = await Promise.all([
    listWorkloads(api, namespace),
    readNamespaces(api, namespace),
    listStacks(api),
  ]);
  const assumedStack = stacks.length === 0 && !(await defaultWasMade(api));
  return {
    workloads,
    namespaces,
    stacks: assumedStack ? [defaultStackSettings()] : stackSettings(stacks),
    assumedStack,
  };
}

/** Whether the operator has made its default stack before: it does not make one again that somebody deleted (docs/adr/0011). */
async function defaultWasMade(api: KubeApi): Promise<boolean> {
  const type = await api.resourceType('v1', 'ConfigMap');
  const config = await api.get(type, { namespace: SYSTEM_NAMESPACE, name: DEFAULT_STACK_CONFIG });
  return config?.metadata.annotations?.[DEFAULT_APPLIED_ANNOTATION] !== undefined;
}

/** Those that count: of the operator's namespace. None where the CRD is not installed. */
export async function listStacks(api: KubeApi): Promise<readonly KubeObject[]> {
  try {
    const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
    return (await api.list(type, { namespace: SYSTEM_NAMESPACE })).items;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    throw error;
  }
}
