import type { KubeObject } from '../../api/kube-object.ts';
import { DEFAULT_APPLIED_ANNOTATION, DEFAULT_STACK_CONFIG, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { isApiError, type KubeApi, type KubeApiError } from '../kube/kube-api.ts';
import { readNamespaces } from './namespaces.ts';
import { defaultStackSettings, type StackSettings, stackSettings } from './stacks.ts';
import { listWorkloads } from './workloads.ts';

/** What workloads there are, and the Namespaces that may ask for them. */
export interface Places {
  readonly workloads: readonly KubeObject[];
  readonly namespaces: ReadonlyMap<string, KubeObject>;
}

export interface PresentStacks {
  readonly stacks: readonly StackSettings[];
  /** There is no TelemetryStack, and never was. The survey assumes the one that the operator makes then. */
  readonly assumedStack: boolean;
}

/** What the operator would see, read once. */
export interface Survey extends Places, PresentStacks {}

/** Reads everything, of one namespace or of all. Writes nothing. Throws Error as {@link surveyPlaces} and {@link surveyStacks} do. */
export async function surveyCluster(api: KubeApi, namespace?: string): Promise<Survey> {
  const [places, stacks] = await Promise.all([surveyPlaces(api, namespace), surveyStacks(api)]);
  return { ...places, ...stacks };
}

/**
 * @param onRefused see {@link listWorkloads}.
 * @throws Error where there is no such namespace.
 */
export async function surveyPlaces(
  api: KubeApi,
  namespace?: string,
  onRefused?: (kind: string, error: KubeApiError) => void,
): Promise<Places> {
  const [workloads, namespaces] = await Promise.all([listWorkloads(api, namespace, onRefused), readNamespaces(api, namespace)]);
  return { workloads, namespaces };
}

/** @throws Error where stacks may not be listed. */
export async function surveyStacks(api: KubeApi): Promise<PresentStacks> {
  const stacks = await listStacks(api);
  const assumedStack = stacks.length === 0 && !(await defaultWasMade(api));
  return { stacks: assumedStack ? [defaultStackSettings()] : stackSettings(stacks), assumedStack };
}

/**
 * Whether the operator has made its default stack before. If somebody deleted that one, the operator does not make it again
 * (docs/adr/0011).
 */
async function defaultWasMade(api: KubeApi): Promise<boolean> {
  const type = await api.resourceType('v1', 'ConfigMap');
  const config = await api.get(type, { namespace: SYSTEM_NAMESPACE, name: DEFAULT_STACK_CONFIG });
  return config?.metadata.annotations?.[DEFAULT_APPLIED_ANNOTATION] !== undefined;
}

/**
 * The stacks that count: those of the operator's namespace. None where the CRD is not installed.
 * @throws Error that names a missing right.
 */
export async function listStacks(api: KubeApi): Promise<readonly KubeObject[]> {
  try {
    const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
    return (await api.list(type, { namespace: SYSTEM_NAMESPACE })).items;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    if (!isApiError(error, 'Forbidden')) throw error;
    const what = `${TELEMETRY_STACK.plural}.duotel.io in namespace ${SYSTEM_NAMESPACE}`;
    throw new Error(`TelemetryStacks: you may not list ${what}; docs/security.md has the Role that gives it`, { cause: error });
  }
}
