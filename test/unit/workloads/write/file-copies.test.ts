import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import type { ClusterCache } from '../../../../src/controller/cluster-cache.ts';
import { FILES_LABEL } from '../../../../src/inject/change/config-map.ts';
import type { KubeApi } from '../../../../src/kube/kube-api.ts';
import { objectKey } from '../../../../src/kube/object-key.ts';
import { FileCopies } from '../../../../src/workloads/write/file-copies.ts';

const KEY = 'Deployment/shop/my-rag';
const FILE: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'shop', name: 'duotel-python-1', labels: { [FILES_LABEL]: 'python' } },
};

/** A cluster that has ConfigMaps only. */
function cluster(...there: readonly KubeObject[]) {
  const stored = new Map(there.map((object) => [objectKey(object.metadata), object]));
  const cache = {
    get: (_kind: string, ref: KubeObject['metadata']) => stored.get(objectKey(ref)),
    values: () => [...stored.values()],
    remember: () => undefined,
  } as unknown as ClusterCache;
  const api = {
    resourceType: async () => ({ plural: 'configmaps' }),
    patch: async (_type: unknown, ref: KubeObject['metadata'], _format: string, body: KubeObject) => {
      stored.set(objectKey(ref), body);
      return body;
    },
    delete: async (_type: unknown, ref: KubeObject['metadata'], { uid }: { readonly uid?: string } = {}) => {
      if (uid !== undefined && uid !== stored.get(objectKey(ref))?.metadata.uid) throw new Error('409');
      return stored.delete(objectKey(ref));
    },
  } as unknown as KubeApi;
  return { copies: new FileCopies(api, cache), stored, names: () => [...stored.keys()] };
}

const conflict = async (): Promise<never> => {
  throw new Error('409');
};

describe('files made for a workload whose write failed', () => {
  it('are owed until they are collected', async () => {
    const { copies, names } = cluster();
    await expect(copies.during(KEY, [FILE], conflict)).rejects.toThrow('409');
    expect([copies.owes(KEY), names()]).toEqual([true, ['shop/duotel-python-1']]);
    await copies.collect('shop', KEY, () => []);
    expect([copies.owes(KEY), names()]).toEqual([false, []]);
  });

  it('are owed also after a later write, until they are collected', async () => {
    const { copies, names } = cluster();
    await expect(copies.during(KEY, [FILE], conflict)).rejects.toThrow('409');
    await copies.during(KEY, [], async () => undefined);
    expect(copies.owes(KEY)).toBe(true);
    await copies.collect('shop', KEY, () => []);
    expect([copies.owes(KEY), names()]).toEqual([false, []]);
  });

  it('are still owed when another workload has collected, and not owed by a write that needs none', async () => {
    const { copies } = cluster();
    await expect(copies.during(KEY, [FILE], conflict)).rejects.toThrow('409');
    await copies.collect('shop', 'Deployment/shop/other', () => []);
    expect(copies.owes(KEY)).toBe(true);
    await expect(copies.during('Deployment/shop/other', [], conflict)).rejects.toThrow('409');
    expect(copies.owes('Deployment/shop/other')).toBe(false);
  });
});

describe('the files in a namespace', () => {
  const NAME = 'shop/duotel-python-1';
  const user = (recordedFiles: readonly string[], mountedFiles: readonly string[]) => () => [{ recordedFiles, mountedFiles }];

  it('are kept while a workload of it names them, by its record or in its pod template, and go when none does', async () => {
    const { copies, names } = cluster(FILE);
    await copies.collect('shop', KEY, user([NAME], []));
    await copies.collect('shop', KEY, user([], [NAME]));
    expect(names()).toEqual([NAME]);
    await copies.collect('shop', KEY, user(['shop/duotel-python-2'], ['shop/duotel-pricing-1']));
    expect(names()).toEqual([]);
  });

  it('are kept while a write is under way that will name them', async () => {
    const { copies, names } = cluster();
    await copies.during(KEY, [FILE], async () => {
      await copies.collect('shop', 'Deployment/shop/other', () => []);
      expect(names()).toEqual([NAME]);
    });
    await copies.collect('shop', 'Deployment/shop/other', () => []);
    expect(names()).toEqual([]);
  });

  it('are kept when another workload comes to need them while others are deleted', async () => {
    const second = { ...FILE, metadata: { ...FILE.metadata, name: 'duotel-python-2' } };
    const { copies, names } = cluster(FILE, second);
    await copies.collect('shop', KEY, () => (names().length === 1 ? [{ recordedFiles: [], mountedFiles: ['shop/duotel-python-2'] }] : []));
    expect(names()).toEqual(['shop/duotel-python-2']);
  });

  it('are the only ConfigMaps that go: not those of others, nor those of other namespaces', async () => {
    const theirs = { ...FILE, metadata: { namespace: 'shop', name: 'theirs' } };
    const elsewhere = { ...FILE, metadata: { ...FILE.metadata, namespace: 'lab' } };
    const { copies, names } = cluster(FILE, theirs, elsewhere);
    await copies.collect('shop', KEY, () => []);
    expect(names()).toEqual(['shop/theirs', 'lab/duotel-python-1']);
  });

  it('are not deleted when somebody has made them anew since we looked', async () => {
    const { copies, stored, names } = cluster({ ...FILE, metadata: { ...FILE.metadata, uid: 'first' } });
    await expect(
      copies.collect('shop', KEY, () => {
        stored.set(NAME, { ...FILE, metadata: { ...FILE.metadata, uid: 'second' } });
        return [];
      }),
    ).rejects.toThrow('409');
    expect(names()).toEqual([NAME]);
  });

  it('are not written again where they are', async () => {
    const there = { ...FILE, data: { key: 'x' } };
    const { copies, stored } = cluster(there);
    await copies.during(KEY, [FILE], async () => undefined);
    expect(stored.get(NAME)).toBe(there);
  });
});
