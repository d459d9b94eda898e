import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import type { ClusterCache } from '../../../src/controller/cluster-cache.ts';
import type { EventRecorder, EventText } from '../../../src/controller/events.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { storedWorkload } from '../../../src/inject/workload/stored-workload.ts';
import { objectKey } from '../../../src/kube/object-key.ts';
import { WorkloadController } from '../../../src/workloads/workload-controller.ts';
import { listingApi } from '../fake-api/listing-api.ts';
import { VirtualClock } from '../time/virtual-clock.ts';

export const NAMESPACE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', annotations: { 'duotel.io/backand': 'both' } },
};
export const APP: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'my-rag', namespace: 'shop', uid: 'u', resourceVersion: '1' },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'a' }] } } },
};
export const PLAIN: KubeObject = { ...NAMESPACE, metadata: { name: 'shop' } };
export const OURS: ManagedFieldsEntry = {
  manager: FIELD_MANAGER,
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: {},
};
export const KEY = 'Deployment/shop/my-rag';

/** A controller of workloads, the objects that its cache holds, by kind and name, and what came of it. */
export function workloadWorld(...objects: readonly KubeObject[]) {
  const stored = new Map(
    objects.map((object) => [
      `${object.kind}/${objectKey(object.metadata)}`,
      object.kind === 'ConfigMap' ? object : storedWorkload(object),
    ]),
  );
  const cache = {
    get: (kind: string, ref: KubeObject['metadata']) => stored.get(`${kind}/${objectKey(ref)}`),
    values: (kind: string) => [...stored.values()].filter((object) => object.kind === kind),
    remember: (object: KubeObject) => void stored.set(`${object.kind}/${objectKey(object.metadata)}`, object),
  } as unknown as ClusterCache;
  /** Whether every kind of workload was listed. */
  const known = { all: true };
  /** To the next patches; none left: APP. */
  const answers: (KubeObject | Error)[] = [];
  /** Of the next deletions. */
  const refusals: Error[] = [];
  /** Reasons of the events that were written. */
  const told: string[] = [];
  /** Milliseconds until the passes that were asked for. */
  const requeued: number[] = [];
  const patches: unknown[] = [];
  const metrics = new Metrics();
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const controller = new WorkloadController({
    api: {
      ...listingApi(objects),
      patch: async (_type, _ref, _how, body) => {
        patches.push(body);
        const answer = answers.shift() ?? APP;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      delete: async (_type, ref) => {
        const refusal = refusals.shift();
        if (refusal !== undefined) throw refusal;
        return stored.delete(`ConfigMap/${objectKey(ref)}`);
      },
    },
    cache,
    events: { record: async (_object: KubeObject, { reason }: EventText) => void told.push(reason) } as unknown as EventRecorder,
    logger: silent,
    metrics,
    namespace: 'duotel',
    onCounts: () => undefined,
    mayCollect: () => known.all,
    clock: new VirtualClock(),
    requeue: (_key, afterMs) => void requeued.push(afterMs),
  });
  const counted = async () => (await metrics.workloads.get()).values.filter(({ value }) => value !== 0).map(({ labels }) => labels);
  return { controller, stored, counted, known, answers, refusals, told, requeued, patches };
}
