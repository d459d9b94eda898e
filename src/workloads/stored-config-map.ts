import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';

/**
 * The part of a ConfigMap with our label that the operator keeps in memory. If it is part of a stack, everything; else only that it is
 * there. A price list in each namespace with workloads, and the operator's own program, would be a good part of its memory.
 */
export function storedConfigMap(configMap: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels } = configMap.metadata;
  if (labels?.[STACK_LABEL] !== undefined) return configMap;
  return {
    apiVersion: configMap.apiVersion,
    kind: configMap.kind,
    metadata: { name, namespace, uid, resourceVersion, labels } as KubeObject['metadata'],
  };
}
