import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import type { ClusterCache } from '../../../src/control/cluster-cache.ts';
import { FileCopies } from '../../../src/control/file-copies.ts';
import { FILES_LABEL } from '../../../src/inject/config-map.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { objectKey } from '../../../src/kube/reflector.ts';

const KEY = 'Deployment/shop/my-rag';
const FILE: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'shop', name: 'duotel-python-1', labels: { [FILES_LABEL]: 'python' } },
};

/** A cluster that has ConfigMaps only. */
function cluster(): { readonly copies: FileCopies; readonly names: () => readonly string[] } {
  const stored = new Map<string, KubeObject>();
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
    delete: async (_type: unknown, ref: KubeObject['metadata']) => void stored.delete(objectKey(ref)),
  } as unknown as KubeApi;
  return { copies: new FileCopies(api, cache), names: () => [...stored.keys()] };
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
