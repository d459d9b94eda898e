import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FILES_LABEL } from '../../../src/inject/change/config-map.ts';
import { storedWorkload } from '../../../src/inject/workload/stored-workload.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { APP, KEY, NAMESPACE, PLAIN, workloadWorld } from '../../support/workloads/workload-world.ts';

const FILE: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'duotel-python-1', namespace: 'shop', labels: { [FILES_LABEL]: 'python' } },
};
const INJECTED = { ...APP, metadata: { ...APP.metadata, annotations: { 'duotel.io/status': 'Injected' } } };

describe('the files of a workload that was reverted', () => {
  /** A revert that is through, seen by a pass that cannot tell: it has nothing to do. */
  function reverted({ controller, stored }: ReturnType<typeof workloadWorld>): Promise<void> {
    controller.observe(storedWorkload(APP), stored.get(KEY));
    stored.set(KEY, storedWorkload(APP));
    return controller.reconcile(KEY);
  }

  it.each([
    ['is business of ours no more', {}],
    ['is blocked by its Namespace', { 'duotel.io/backand': 'both' }],
  ])('are deleted, be the answer to the revert lost, when it %s', async (_case, annotations) => {
    const there = workloadWorld(PLAIN, INJECTED, FILE);
    const { controller, stored, answers } = there;
    answers.push(new KubeApiError('409', { status: 409, reason: 'Conflict', message: '', causes: [] }));
    await controller.reconcile(KEY);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);

    stored.set('Namespace/shop', { ...NAMESPACE, metadata: { name: 'shop', annotations } });
    await reverted(there);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
  });

  it('are deleted by a later pass when the API server refuses to for now', async () => {
    const there = workloadWorld(PLAIN, INJECTED, FILE);
    const { controller, stored, refusals } = there;
    refusals.push(new KubeApiError('503', { status: 503, reason: 'ServiceUnavailable', message: '', causes: [] }));
    await expect(controller.reconcile(KEY)).rejects.toThrow('503');
    await reverted(there);
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(false);
  });
});

describe('a workload that leaves while files may be in use by what was not listed yet', () => {
  it('leaves no debt to another one of its name: its files are looked at when all is listed', async () => {
    const { controller, stored, answers, known } = workloadWorld(PLAIN, INJECTED, FILE);
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

describe('files of ours that no workload mounts', () => {
  it('are deleted, but not while there may be workloads of a kind that was not listed yet', async () => {
    const { controller, stored, known } = workloadWorld(PLAIN, FILE);
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
    const { controller, stored } = workloadWorld(PLAIN, mounting, FILE);
    controller.observe(stored.get(KEY), undefined);
    await controller.reconcile('ConfigMap/shop/');
    expect(stored.has('ConfigMap/shop/duotel-python-1')).toBe(true);
  });
});
