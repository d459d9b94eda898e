import type { KubeObject } from '../api/kube-object.ts';
import { WORKLOAD_KINDS } from '../inject/kinds.ts';
import { didYouMean } from '../inject/nearest.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { parseTarget } from '../verify/targets.ts';

/**
 * The live workload that `TYPE/NAME` names.
 * @throws Error with the nearest name there is, and where else there is one of that name.
 */
export async function findWorkload(api: KubeApi, text: string, namespace: string): Promise<KubeObject> {
  const { kind, name } = parseTarget(text);
  const { apiVersion = '' } = WORKLOAD_KINDS[kind] ?? {};
  const type = await api.resourceType(apiVersion, kind);
  const found = await api.get(type, { name, namespace });
  // The API server leaves apiVersion and kind in: a get of one object is no item of a list.
  if (found !== undefined) return found;
  const all = (await api.list(type)).items;
  const here = all.filter((object) => object.metadata.namespace === namespace).map((object) => object.metadata.name);
  const elsewhere = all.filter((object) => object.metadata.name === name).map((object) => object.metadata.namespace ?? '');
  const hint =
    elsewhere.length > 0
      ? ` There is one in namespace ${elsewhere.join(', ')}: pass -n.`
      : here.length === 0
        ? ` The namespace has no ${kind}.`
        : `${didYouMean(name, here)} It has ${here.slice(0, 20).join(', ')}${here.length > 20 ? ', ...' : ''}.`;
  throw new Error(`${kind}/${namespace}/${name}: there is no such workload.${hint}`);
}
