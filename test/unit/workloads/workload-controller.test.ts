import { describe, expect, it } from '@jest/globals';
import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import type { ClusterCache } from '../../../src/controller/cluster-cache.ts';
import type { EventRecorder, EventText } from '../../../src/controller/events.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { FILES_LABEL } from '../../../src/inject/change/config-map.ts';
import { storedWorkload } from '../../../src/inject/workload/stored-workload.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { objectKey } from '../../../src/kube/object-key.ts';
import { WorkloadController } from '../../../src/workloads/workload-controller.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { VirtualClock } from '../../support/time/virtual-clock.ts';

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

/** A controller, and the objects that its cache holds, by kind and name. */
function world(...objects: readonly KubeObject[]) {
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

describe('a workload that is being deleted', () => {
  const deletionTimestamp = '2026-11-28T00:00:00Z';
  const deleted = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata, deletionTimestamp } });
  const asking = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/backend': 'both' } } };
  const spoken = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/bootstrap': 'python' } } };

  it.each([
    ['asks for nothing', PLAIN, deleted(spoken), []],
    ['is in a Namespace with a mistake', NAMESPACE, deleted(APP), [{ state: 'off', reason: 'Deleting' }]],
    ['asks', PLAIN, deleted(asking), [{ state: 'off', reason: 'Deleting' }]],
    ['goes with its Namespace', deleted(NAMESPACE), APP, [{ state: 'off', reason: 'Deleting' }]],
  ])('is neither counted as blocked nor warned of nor written when it %s', async (_case, namespace, workload, counts) => {
    const { controller, stored, counted, told, patches } = world(namespace, workload);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual(counts);
    expect({ told, patches }).toEqual({ told: [], patches: [] });
  });
});

describe('the files of a workload that was reverted', () => {
  const file: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'duotel-python-1', namespace: 'shop', labels: { [FILES_LABEL]: 'python' } },
  };
  const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };

  /** A revert that is through, seen by a pass that cannot tell: it has nothing to do. */
  function reverted({ controller, stored }: ReturnType<typeof world>): Promise<void> {
    controller.observe(storedWorkload(APP), stored.get(KEY));
    stored.set(KEY, storedWorkload(APP));
    return controller.reconcile(KEY);
  }

  it.each([
    ['is business of ours no more', {}],
    ['is blocked by its Namespace', { 'duotel.io/backand': 'both' }],
  ])('are deleted, be the answer to the revert lost, when it %s', async (_case, annotations) => {
    const there = world(PLAIN, marked, file);
    const { controller, stored, answers } = there;
    answers.push(new KubeApiError('409', { status: 409, reason: 'Conflict', message: '', causes: [] }));
    await controller.reconcile(KEY);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);

    stored.set('Namespace/shop', { ...NAMESPACE, metadata: { name: 'shop', annotations } });
    await reverted(there);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
  });

  it('are deleted by a later pass when the API server refuses to for now', async () => {
    const there = world(PLAIN, marked, file);
    const { controller, stored, refusals } = there;
    refusals.push(new KubeApiError('503', { status: 503, reason: 'ServiceUnavailable', message: '', causes: [] }));
    await expect(controller.reconcile(KEY)).rejects.toThrow('503');
    await reverted(there);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
  });
});

describe('a workload that leaves while files may be in use by what was not listed yet', () => {
  it('leaves no debt to another one of its name: its files are looked at when all is listed', async () => {
    const file: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'duotel-python-1', namespace: 'shop', labels: { [FILES_LABEL]: 'python' } },
    };
    const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };
    const { controller, stored, answers, known } = world(PLAIN, marked, file);
    answers.push(new KubeApiError('409', { status: 409, reason: 'Conflict', message: '', causes: [] }));
    await controller.reconcile(KEY);
    known.all = false;
    stored.delete(KEY);
    await controller.reconcile(KEY);

    known.all = true;
    stored.set(KEY, storedWorkload(APP));
    await controller.reconcile(KEY);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);
    await controller.reconcile('ConfigMap/shop/');
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
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
    const { controller, stored, counted } = world(PLAIN, marked);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual([{ state: 'off', reason: 'Reverted' }]);

    stored.delete(KEY);
    if (controller.observe(undefined, storedWorkload(APP))) await controller.reconcile(KEY);
    expect(await counted()).toEqual([]);
  });
});

describe('an entry of ours in managedFields that an earlier pass has left', () => {
  const left = {
    ...APP,
    metadata: { ...APP.metadata, annotations: { 'duotel.io/backend': 'none' }, generation: 1, managedFields: [OURS] },
  };
  const released = { ...left, metadata: { ...left.metadata, resourceVersion: '3', managedFields: [] } };

  it('is given up, and what was answered is known', async () => {
    const { controller, stored, answers } = world(PLAIN, left);
    answers.push(released);
    await controller.reconcile(KEY);
    expect(stored.get(KEY)?.metadata.resourceVersion).toBe('3');
  });

  it('is given up, and an edit that is in the answer stays news until its own event comes', async () => {
    const { controller, stored, answers } = world(PLAIN, left);
    answers.push({ ...released, metadata: { ...released.metadata, annotations: { 'duotel.io/backend': 'both' }, generation: 2 } });
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

  it('are deleted, but not while there may be workloads of a kind that was not listed yet', async () => {
    const { controller, stored, known } = world(PLAIN, files);
    known.all = false;
    await controller.reconcile('ConfigMap/shop/');
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);
    known.all = true;
    await controller.reconcile('ConfigMap/shop/');
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
  });

  it('are not all files of ours: what the pod template of a workload names stays, also where its record says nothing', async () => {
    const mounting: KubeObject = {
      ...APP,
      metadata: { ...APP.metadata, annotations: { 'duotel.io/backend': 'both' } },
      spec: {
        template: {
          spec: { containers: [{ name: 'app' }], volumes: [{ name: 'duotel-python', configMap: { name: 'duotel-python-1' } }] },
        },
      },
    };
    const { controller, stored } = world(PLAIN, mounting, files);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile('ConfigMap/shop/');
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);
  });
});

describe('a write that the API server refuses for good', () => {
  const refusal = new KubeApiError('403', { status: 403, reason: 'Forbidden', message: 'policy says no', causes: [] });
  const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };

  it('is told in the status, and tried again after some minutes: what refused it is not watched', async () => {
    const { controller, answers, told, requeued, counted } = world(PLAIN, marked);
    controller.observe(marked, undefined);
    answers.push(refusal);
    await controller.reconcile(KEY);
    expect([told, requeued]).toEqual([['WriteRefused'], [5 * 60_000]]);
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'WriteRefused' }]);
  });

  it('is told by an event where the status is refused too', async () => {
    const { controller, answers, told, requeued, counted } = world(PLAIN, marked);
    controller.observe(marked, undefined);
    answers.push(refusal, refusal);
    await controller.reconcile(KEY);
    expect(told).toEqual(['WriteRefused']);
    expect(new Set(requeued)).toEqual(new Set([5 * 60_000]));
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'WriteRefused' }]);
  });
});

describe('a status that somebody takes out again and again', () => {
  const mistaken = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/backend': 'bth' } } };

  it('is written five times more and then only counted, until an hour is over', async () => {
    const { controller, stored, patches, requeued, counted } = world(PLAIN, mistaken);
    controller.observe(mistaken, undefined);
    for (let wiped = 0; wiped < 20; wiped += 1) {
      stored.set(KEY, mistaken);
      await controller.reconcile(KEY);
    }
    expect(patches.length).toBe(6);
    expect(requeued.at(-1)).toBe(60 * 60_000);
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'InvalidAnnotation' }]);
  });
});
