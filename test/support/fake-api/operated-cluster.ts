import type { KubeObject } from '../../../api/kube-object.ts';
import { type KubeApi, KubeApiError } from '../../../src/kube/kube-api.ts';
import { strategicMerge } from '../workloads/strategic-merge.ts';

export const RECORD = JSON.stringify({
  version: 1,
  backend: 'both',
  bootstrap: 'none',
  stack: 'duotel/duotel',
  containers: {},
  volumes: {},
});
const OPERATOR = { name: 'duotel-operator', namespace: 'duotel' };

/** A request, before it is answered. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'patch' | 'delete';
  readonly kind: string;
  /** Empty for a list. */
  readonly name: string;
}

export interface OperatedCluster {
  readonly api: KubeApi;
  /** What is there, in order; changed by whoever likes. */
  readonly objects: KubeObject[];
  /** How often the operator has injected. */
  readonly injections: () => number;
}

/** What the API server answers when it refuses. */
export function apiError(status: number, reason: string, message = reason): KubeApiError {
  return new KubeApiError(`asked: ${reason}: ${message}`, { status, reason, message, causes: [] });
}

export function installed(kind: string, name: string, namespace?: string): KubeObject {
  const labels = { 'app.kubernetes.io/part-of': 'duotel' };
  return { apiVersion: 'v1', kind, metadata: { name, labels, ...(namespace !== undefined && { namespace }) } };
}

/**
 * Objects in memory, with an operator that at once injects what asks and reverts what does not, until its Deployment is deleted.
 * @param rival called before each request is carried out; does what others do in that very moment, and what it throws is the answer.
 */
export function operatedCluster(initial: readonly KubeObject[], rival: (asked: Asked, objects: KubeObject[]) => void = () => undefined) {
  const objects = initial.map((object, index) => ({ ...object, metadata: { ...object.metadata, uid: `uid-${index}` } }));
  let injections = 0;
  const find = (kind: string, ref: { name: string; namespace?: string }) =>
    objects.findIndex(({ kind: one, metadata }) => one === kind && metadata.name === ref.name && metadata.namespace === ref.namespace);
  const reconcile = (): void => {
    if (find('Deployment', OPERATOR) < 0) return;
    for (const [index, object] of objects.entries()) {
      if (object.kind !== 'Deployment' || object.metadata.namespace === 'duotel') continue;
      const place = objects[find('Namespace', { name: object.metadata.namespace ?? '' })];
      if (object.metadata.deletionTimestamp !== undefined || place?.metadata.deletionTimestamp !== undefined) continue;
      const backend = object.metadata.annotations?.['duotel.io/backend'] ?? place?.metadata.annotations?.['duotel.io/backend'] ?? 'none';
      const is = object.metadata.annotations?.['duotel.io/injected'] !== undefined;
      if (is === (backend !== 'none')) continue;
      if (!is) injections += 1;
      const annotations = { 'duotel.io/injected': is ? null : RECORD };
      objects[index] = strategicMerge(object, { metadata: { annotations } }) as (typeof objects)[number];
    }
  };
  const refOf = ({ name, namespace }: { readonly name: string; readonly namespace?: string }) => ({
    name,
    ...(namespace !== undefined && { namespace }),
  });
  const api: Pick<KubeApi, 'resourceType' | 'get' | 'list' | 'patch' | 'delete' | 'getText'> = {
    resourceType: async (apiVersion, kind) => ({ apiVersion, kind }) as unknown as Awaited<ReturnType<KubeApi['resourceType']>>,
    get: async ({ kind }, ref) => {
      rival({ verb: 'get', kind, name: ref.name }, objects);
      return objects[find(kind, refOf(ref))];
    },
    list: async ({ kind }) => {
      rival({ verb: 'list', kind, name: '' }, objects);
      return { items: objects.filter((one) => one.kind === kind), resourceVersion: '1' };
    },
    patch: async ({ kind }, ref, _, body) => {
      rival({ verb: 'patch', kind, name: ref.name }, objects);
      const index = find(kind, refOf(ref));
      const before = objects[index];
      if (before === undefined) throw apiError(404, 'NotFound', `deployments.apps "${ref.name}" not found`);
      const after = strategicMerge(before, body as object as Readonly<Record<string, unknown>>) as (typeof objects)[number];
      objects[index] = after;
      reconcile();
      return after;
    },
    delete: async ({ kind }, ref) => {
      rival({ verb: 'delete', kind, name: ref.name }, objects);
      const index = find(kind, refOf(ref));
      if (index >= 0) objects.splice(index, 1);
      return index >= 0;
    },
    getText: async () => {
      rival({ verb: 'get', kind: 'version', name: '' }, objects);
      return '{}';
    },
  };
  const cluster: OperatedCluster = { api: api as KubeApi, objects, injections: () => injections };
  return cluster;
}
