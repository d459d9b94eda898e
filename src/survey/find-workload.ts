import type { KubeObject } from '../../api/kube-object.ts';
import { didYouMean } from '../../api/nearest.ts';
import { WORKLOAD_KINDS } from '../inject/workload/kinds.ts';
import { ifAllowed, type KubeApi, type ResourceType } from '../kube/kube-api.ts';
import { parseTarget } from './targets.ts';

/**
 * The live object that `TYPE/NAME` names.
 * @param kinds the kinds that may be named; default: workloads that can be injected.
 * @throws Error with the nearest name that exists, and other namespaces with an object of that name.
 */
export async function findWorkload(
  api: KubeApi,
  text: string,
  namespace: string,
  kinds: Readonly<Record<string, { readonly apiVersion: string }>> = WORKLOAD_KINDS,
): Promise<KubeObject> {
  const { kind, name } = parseTarget(text, kinds);
  const { apiVersion = '' } = kinds[kind] ?? {};
  const type = await api.resourceType(apiVersion, kind);
  const found = await api.get(type, { name, namespace });
  // The answer has apiVersion and kind: a get of one object is no item of a list.
  if (found !== undefined) return found;
  const all = await namesOf(api, type);
  const what = `${kind}/${namespace}/${name}: there is no such ${kind in WORKLOAD_KINDS ? 'workload' : 'object'}.`;
  if (all === undefined) throw new Error(what);
  const here = all.filter((object) => object.metadata.namespace === namespace).map((object) => object.metadata.name);
  const elsewhere = all.filter((object) => object.metadata.name === name).map((object) => object.metadata.namespace ?? '');
  const hint =
    elsewhere.length > 0
      ? ` There is one in namespace ${elsewhere.join(', ')}: pass -n.`
      : here.length === 0
        ? ` The namespace has no ${kind}.`
        : `${didYouMean(name, here)} It has ${here.slice(0, 20).join(', ')}${here.length > 20 ? ', ...' : ''}.`;
  throw new Error(`${what}${hint}`);
}

/** For the hint alone; undefined if the user may not list the whole cluster. */
async function namesOf(api: KubeApi, type: ResourceType): Promise<readonly KubeObject[] | undefined> {
  return (await ifAllowed(api.list(type, { metadataOnly: true })))?.items;
}
