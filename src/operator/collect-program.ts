import type { KubeObject } from '../../api/kube-object.ts';
import type { Logger } from '../controller/logger.ts';
import { ifAllowed, type KubeApi } from '../kube/kube-api.ts';
import { MANAGED } from './stack-watches.ts';
import { unusedProgramParts } from './unused-program-parts.ts';

export interface ProgramCollection {
  readonly api: KubeApi;
  readonly logger: Logger;
  /** The operator's own. */
  readonly namespace: string;
  /** See {@link unusedProgramParts}. */
  readonly marginMs: number;
}

/** Deletes the ConfigMaps that former releases of the operator have left: `kubectl apply` brings each release's own, and deletes none. */
export async function collectProgram({ api, logger, namespace, marginMs }: ProgramCollection): Promise<void> {
  const list = async (apiVersion: string, kind: string, metadataOnly = false): Promise<readonly KubeObject[]> => {
    const query = metadataOnly ? MANAGED : {};
    return (await api.list(await api.resourceType(apiVersion, kind), { namespace, query, metadataOnly })).items;
  };
  // This list comes first. So whatever names a program by then is in the lists after it.
  const configMaps = await list('v1', 'ConfigMap', true);
  const [deployments, replicaSets] = await Promise.all([list('apps/v1', 'Deployment'), ifAllowed(list('apps/v1', 'ReplicaSet'))]);
  if (replicaSets === undefined) {
    logger.warn('programs of former releases stay: the operator may not list ReplicaSets; apply the Role of its release', { namespace });
    return;
  }
  const type = await api.resourceType('v1', 'ConfigMap');
  for (const { metadata } of unusedProgramParts({ configMaps, deployments, replicaSets }, marginMs)) {
    await api.delete(type, metadata, metadata.uid === undefined ? {} : { uid: metadata.uid });
    logger.info('program of a former release deleted', { namespace, configMap: metadata.name });
  }
}
