import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import type { ClusterCache } from '../../../src/control/cluster-cache.ts';
import type { EventRecorder } from '../../../src/control/events.ts';
import { Metrics } from '../../../src/control/metrics.ts';
import { WorkloadController } from '../../../src/control/workload-controller.ts';
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
const KEY = 'Deployment/shop/my-rag';

/** A controller, and the objects that its cache holds, by kind and name. */
function world(...objects: readonly KubeObject[]) {
  const stored = new Map(objects.map((object) => [`${object.kind}/${objectKey(object.metadata)}`, storedWorkload(object)]));
  const cache = {
    get: (kind: string, ref: KubeObject['metadata']) => stored.get(`${kind}/${objectKey(ref)}`),
    values: (kind: string) => [...stored.values()].filter((object) => object.kind === kind),
    remember: () => undefined,
  } as unknown as ClusterCache;
  const metrics = new Metrics();
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const controller = new WorkloadController({
    api: { ...listingApi(objects), patch: async () => APP },
    cache,
    events: { record: async () => undefined } as unknown as EventRecorder,
    logger: silent,
    metrics,
    namespace: 'duotel',
    onCounts: () => undefined,
    clock: new VirtualClock(),
    requeue: () => undefined,
  });
  const counted = async () => (await metrics.workloads.get()).values.filter(({ value }) => value !== 0).map(({ labels }) => labels);
  return { controller, stored, counted };
}

describe('a workload that is ours by its Namespace alone', () => {
  it('is counted no more when it is gone, be the Namespace gone first', async () => {
    const { controller, stored, counted } = world(NAMESPACE, APP);
    const stub = stored.get(KEY);
    controller.observe(stub, undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'InvalidAnnotation' }]);

    stored.clear();
    if (controller.observe(undefined, stub)) await controller.reconcile(KEY);
    expect(await counted()).toEqual([]);
  });
});

describe('a workload that was reverted', () => {
  it('is counted no more when it is gone', async () => {
    const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };
    const { controller, stored, counted } = world({ ...NAMESPACE, metadata: { name: 'shop' } }, marked);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual([{ state: 'off', reason: 'Reverted' }]);

    stored.delete(KEY);
    if (controller.observe(undefined, storedWorkload(APP))) await controller.reconcile(KEY);
    expect(await counted()).toEqual([]);
  });
});
