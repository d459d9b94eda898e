import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { objectLabels } from '../../../api/names.ts';
import type { ClusterCache } from '../../../src/controller/cluster-cache.ts';
import { collectLeftOvers } from '../../../src/stacks/deletion.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';

const STACK = { namespace: 'duotel', name: 'main' };
const service = (uid: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...STACK, name: 'main-jaeger', uid, labels: objectLabels('main') },
});

const TIME = { now: () => 0, sleep: async () => undefined };

describe('what a stack that is gone has left', () => {
  it('is deleted once, while the cache does not hear of it, and what is made anew in its place too', async () => {
    const asked: string[] = [];
    let cached: KubeObject | undefined = service('first');
    const cache = { values: (kind: string) => (kind === 'Service' && cached !== undefined ? [cached] : []) } as unknown as ClusterCache;
    const api = {
      ...listingApi([]),
      // Whether it may list kinds that are optional: it may not.
      create: async (_type: unknown, review: KubeObject): Promise<KubeObject> => ({ ...review, status: { allowed: false } }),
      delete: async (_type: unknown, _ref: unknown, { uid = '' }: { readonly uid?: string } = {}) => asked.push(uid) > 0,
    };
    const deleted = new Set<string>();
    const collect = async (): Promise<string> => (await collectLeftOvers(api, cache, STACK, deleted, TIME)).outcome;
    expect(await collect()).toBe('deleted');
    expect(await collect()).toBe('nothingLeft');
    cached = service('second');
    expect(await collect()).toBe('deleted');
    expect(asked).toEqual(['first', 'second']);
    // Nothing is remembered of what the cache knows to be gone.
    expect([...deleted]).toEqual(['second']);
    cached = undefined;
    expect(await collect()).toBe('nothingLeft');
    expect(deleted.size).toBe(0);
  });
});
