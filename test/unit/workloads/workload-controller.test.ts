import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { storedWorkload } from '../../../src/inject/workload/stored-workload.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { APP, KEY, NAMESPACE, OURS, PLAIN, workloadWorld } from '../../support/workloads/workload-world.ts';

describe('a workload that is ours by its Namespace alone', () => {
  it('is counted no more when it is gone, be the Namespace gone first', async () => {
    const { controller, stored, counted } = workloadWorld(NAMESPACE, APP);
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
    const { controller, stored, counted, told, patches } = workloadWorld(namespace, workload);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile(KEY);
    expect(await counted()).toEqual(counts);
    expect({ told, patches }).toEqual({ told: [], patches: [] });
  });
});

describe('a stack that was deleted', () => {
  it('leaves no number of reverted workloads to the next one of its name', () => {
    const { controller } = workloadWorld();
    expect(controller.counts('duotel/main', 3).reverted).toBe(3);
    expect(controller.counts('duotel/main', 0).reverted).toBe(3);
    controller.stackGone('duotel/main');
    expect(controller.counts('duotel/main', 0).reverted).toBe(0);
  });
});

describe('a workload that was reverted', () => {
  it('is counted no more when it is gone', async () => {
    const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };
    const { controller, stored, counted } = workloadWorld(PLAIN, marked);
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
    const { controller, stored, answers } = workloadWorld(PLAIN, left);
    answers.push(released);
    await controller.reconcile(KEY);
    expect(stored.get(KEY)?.metadata.resourceVersion).toBe('3');
  });

  it('is given up, and an edit that is in the answer stays news until its own event comes', async () => {
    const { controller, stored, answers } = workloadWorld(PLAIN, left);
    answers.push({ ...released, metadata: { ...released.metadata, annotations: { 'duotel.io/backend': 'both' }, generation: 2 } });
    await controller.reconcile(KEY);
    expect(stored.get(KEY)?.metadata.resourceVersion).toBe('1');
  });
});

describe('a write that the API server refuses for good', () => {
  const refusal = new KubeApiError('403', { status: 403, reason: 'Forbidden', message: 'policy says no', causes: [] });
  const marked = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };

  it('is told in the status, and tried again after some minutes: what refused it is not watched', async () => {
    const { controller, answers, told, requeued, counted } = workloadWorld(PLAIN, marked);
    controller.observe(marked, undefined);
    answers.push(refusal);
    await controller.reconcile(KEY);
    expect([told, requeued]).toEqual([['WriteRefused'], [5 * 60_000]]);
    expect(await counted()).toEqual([{ state: 'blocked', reason: 'WriteRefused' }]);
  });

  it('is told by an event where the status is refused too', async () => {
    const { controller, answers, told, requeued, counted } = workloadWorld(PLAIN, marked);
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
    const { controller, stored, patches, requeued, counted } = workloadWorld(PLAIN, mistaken);
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
