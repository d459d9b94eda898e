import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';

/**
 * What the operator keeps in memory of a ConfigMap that carries its label: all of it where it is part of a stack; else only that it is
 * there. A price list in each namespace with workloads, and the operator's own program, would be a good part of all that it holds.
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
