import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import type { KubeObject } from '../../api/kube-object.ts';
import { DEFAULT_APPLIED_ANNOTATION, DEFAULT_STACK_CONFIG, DEFAULT_STACK_MANAGER, FIELD_MANAGER } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { Logger } from '../controller/logger.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

export interface DefaultStack {
  /** What was done, for the log. */
  readonly outcome: 'absent' | 'unchanged' | 'created' | 'updated' | 'deletedByUser' | 'otherStackExists' | 'editedByUser' | 'invalid';
  /** As the API server has it now; undefined where it has none. */
  readonly stack?: KubeObject | undefined;
}

/**
 * Makes the TelemetryStack that `dist` describes in a ConfigMap: a custom resource in `dist` would race its CRD. It creates the stack when
 * the cluster has none. The stack follows the ConfigMap while nobody else has set its fields. If somebody deletes it, it stays deleted.
 */
export async function ensureDefaultStack(
  api: KubeApi,
  namespace: string,
  logger: Logger,
  { clusterWide = true }: { readonly clusterWide?: boolean } = {},
): Promise<DefaultStack> {
  const configMaps = await api.resourceType('v1', 'ConfigMap');
  const config = await api.get(configMaps, { namespace, name: DEFAULT_STACK_CONFIG });
  const text = (config?.['data'] as Readonly<Record<string, string>> | undefined)?.['telemetrystack.yaml'];
  if (config === undefined || text === undefined) return { outcome: 'absent' };

  const wanted = telemetryStack(text);
  if (wanted === undefined) {
    const expected = `key telemetrystack.yaml with a ${TELEMETRY_STACK.kind}, as cdk8s synth makes it`;
    logger.error('default TelemetryStack is not valid and is not made', { configMap: `${namespace}/${DEFAULT_STACK_CONFIG}`, expected });
    return { outcome: 'invalid' };
  }
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const applied = config.metadata.annotations?.[DEFAULT_APPLIED_ANNOTATION];
  const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
  const existing = (await api.list(type, clusterWide ? {} : { namespace })).items;
  const live = existing.find((stack) => stack.metadata.name === wanted.metadata.name && stack.metadata.namespace === namespace);
  if (live === undefined && existing.length > 0) return { outcome: 'otherStackExists' };
  if (live === undefined && applied !== undefined) return { outcome: 'deletedByUser' };
  if (live !== undefined && applied === digest) return { outcome: 'unchanged', stack: live };

  let stack: KubeObject;
  try {
    stack = await api.patch(type, { namespace, name: wanted.metadata.name }, 'application/apply-patch+yaml', wanted, {
      fieldManager: DEFAULT_STACK_MANAGER,
    });
  } catch (error) {
    if (isApiError(error, 'Invalid') || isApiError(error, 'BadRequest')) {
      logger.error('default TelemetryStack was refused', { configMap: `${namespace}/${DEFAULT_STACK_CONFIG}`, error: error.message });
      return { outcome: 'invalid', stack: live };
    }
    if (!isApiError(error, 'Conflict')) throw error;
    logger.warn('default TelemetryStack was edited in the cluster and is left as it is', {
      stack: wanted.metadata.name,
      error: error.message,
    });
    return { outcome: 'editedByUser', stack: live };
  }
  const note = { metadata: { annotations: { [DEFAULT_APPLIED_ANNOTATION]: digest } } };
  await api.patch(configMaps, { namespace, name: DEFAULT_STACK_CONFIG }, 'application/merge-patch+json', note, {
    fieldManager: FIELD_MANAGER,
  });
  return { outcome: live === undefined ? 'created' : 'updated', stack };
}

/** undefined when the text is no TelemetryStack. */
function telemetryStack(text: string): KubeObject | undefined {
  try {
    const value = parse(text) as Partial<KubeObject> | null;
    return value?.kind === TELEMETRY_STACK.kind && value.metadata?.name !== undefined ? (value as KubeObject) : undefined;
  } catch {
    return undefined;
  }
}
