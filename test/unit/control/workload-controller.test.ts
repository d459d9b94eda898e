import { describe, expect, it } from '@jest/globals';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/api/kube-object.ts';
import { FIELD_MANAGER } from '../../../src/api/names.ts';
import type { ClusterCache } from '../../../src/control/cluster-cache.ts';
import type { EventRecorder } from '../../../src/control/events.ts';
import { Metrics } from '../../../src/control/metrics.ts';
import { WorkloadController } from '../../../src/control/workload-controller.ts';
import { FILES_LABEL } from '../../../src/inject/config-map.ts';
import { storedWorkload } from '../../../src/inject/stored-workload.ts';
import { objectKey } from '../../../src/kube/reflector.ts';
import { listingApi } from '../../support/listing-api.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const NAMESPACE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', annotations: { 'duotel.io/backand': 'both' } },
};
const APP: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'my-rag', namespace: 'shop', uid: 'u', resourceVersion: '1' },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'a' }] } } },
};
const PLAIN: KubeObject = { ...NAMESPACE, metadata: { name: 'shop' } };
const OURS: ManagedFieldsEntry = {
  manager: FIELD_MANAGER,
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: {},
};
const KEY = 'Deployment/shop/my-rag';

/** A controller, and the objects that its cache holds, by kind and name. `more`: what is not as it is in the quietest of worlds. */
function world(objects: readonly KubeObject[], more: { readonly answer?: KubeObject; readonly mayCollect?: boolean } = {}) {
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
  const deleted: string[] = [];
  const metrics = new Metrics();
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const controller = new WorkloadController({
    api: {
      ...listingApi(objects),
      patch: async () => more.answer ?? APP,
      delete: async (_type, { name }) => deleted.push(name) > 0,
    },
    cache,
    events: { record: async () => undefined } as unknown as EventRecorder,
    logger: silent,
    metrics,
    namespace: 'duotel',
    onCounts: () => undefined,
    mayCollect: () => more.mayCollect ?? true,
    clock: new VirtualClock(),
    requeue: () => undefined,
  });
  const counted = async () => (await metrics.workloads.get()).values.filter(({ value }) => value !== 0).map(({ labels }) => labels);
  return { controller, stored, counted, deleted };
}

describe('a workload that is ours by its Namespace alone', () => {
  it('is counted no more when it is gone, be the Namespace gone first', async () => {
    const { controller, stored, counted } = world([NAMESPACE, APP]);
    const stub = stored.get(KEY);
    controller.observe(stub, undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'InvalidAnnotation' }]);

    stored.clear();
    if (controller.observe(undefined, stub)) await controller.reconcile(KEY);
    expect(await counted()).toEqual([]);
  });
});

describe('a stack that was deleted', () => {
  it('leaves no number of reverted workloads to the next one of its name', () => {
    const { controller } = world();
    expect(controller.counts('duotel/main', 3).reverted).toBe(3);
    expect(controller.counts('duotel/main', 0).reverted).toBe(3);
    controller.stackGone('duotel/main');
    expect(controller.counts('duotel/main', 0).reverted).toBe(0);
  });
});

describe('a workload that was reverted', () => {
  it('is counted no more when it is gone', async () => {
    const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };
    const { controller, stored, counted } = world([PLAIN, marked]);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual([{ state: 'off', reason: 'Reverted' }]);

    stored.delete(KEY);
    if (controller.observe(undefined, storedWorkload(APP))) await controller.reconcile(KEY);
    expect(await counted()).toEqual([]);
  });
});

describe('an entry of ours in managedFields that an earlier pass has left', () => {
  const annotations = { 'duotel.io/backend': 'none' };
  const left = { ...APP, metadata: { ...APP.metadata, annotations, generation: 1, managedFields: [OURS] } };
  const released = { ...left, metadata: { ...left.metadata, resourceVersion: '3', managedFields: [] } };

  it('is given up, and what was answered is known', async () => {
    const { controller, stored } = world([PLAIN, left], { answer: released });
    await controller.reconcile(KEY);
    expect(stored.get(KEY)?.metadata.resourceVersion).toBe('3');
  });

  it('is given up, and an edit that is in the answer stays news until its own event comes', async () => {
    const edited = { ...released, metadata: { ...released.metadata, annotations: { 'duotel.io/backend': 'both' }, generation: 2 } };
    const { controller, stored } = world([PLAIN, left], { answer: edited });
    await controller.reconcile(KEY);
    expect(stored.get(KEY)?.metadata.resourceVersion).toBe('1');
  });
});

describe('files of ours that no workload mounts', () => {
  const files: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'duotel-python-1', namespace: 'shop', labels: { [FILES_LABEL]: 'python' } },
  };

  it('are deleted', async () => {
    const { controller, deleted } = world([PLAIN, files]);
    await controller.reconcile('ConfigMap/shop/');
    expect(deleted).toEqual(['duotel-python-1']);
  });

  it('stay while there may be workloads of a kind that was not listed yet', async () => {
    const { controller, deleted } = world([PLAIN, files], { mayCollect: false });
    await controller.reconcile('ConfigMap/shop/');
    expect(deleted).toEqual([]);
  });
});
