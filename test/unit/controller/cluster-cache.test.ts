import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { type Change, ClusterCache } from '../../../src/controller/cluster-cache.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { settle, VirtualClock } from '../../support/time/virtual-clock.ts';

const ROLLOUT: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'my-rag', namespace: 'shop', uid: 'u', resourceVersion: '1' },
};
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let stop = new AbortController();
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

function cacheOf(api: Partial<KubeApi>, onChange: (change: Change) => void = () => undefined, clock = new VirtualClock()): ClusterCache {
  const watch: KubeApi['watch'] = async function* (_type, { signal, onOpen }) {
    onOpen?.();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };
  const all = { ...listingApi([ROLLOUT]), watch, ...api };
  return new ClusterCache({ api: all, clock, random: Math.random, logger: SILENT, metrics: new Metrics(), onChange });
}

describe('a kind that is no longer served', () => {
  it('leaves no object behind, and each of them is said to be gone', async () => {
    const changes: Change[] = [];
    // Whoever hears of it finds it gone already.
    const onChange = (change: Change): void => void changes.push({ ...change, object: cache.get('Rollout', ROLLOUT.metadata) });
    const cache: ClusterCache = cacheOf({}, onChange);
    await cache.watch({ apiVersion: ROLLOUT.apiVersion, kind: 'Rollout' }, stop.signal);
    expect(cache.values('Rollout')).toEqual([ROLLOUT]);
    changes.length = 0;

    cache.forget('Rollout');
    expect(cache.values('Rollout')).toEqual([]);
    expect(changes).toEqual([{ kind: 'Rollout', key: 'shop/my-rag', object: undefined, previous: ROLLOUT, resync: true }]);
  });

  it('does not come back by an answer that was under way', async () => {
    const changes: Change[] = [];
    const answer = Promise.withResolvers<void>();
    const pages: KubeApi['pages'] = async function* () {
      await answer.promise;
      yield { items: [ROLLOUT], resourceVersion: '1' };
    };
    const own = new AbortController();
    const cache = cacheOf({ pages }, (change) => void changes.push(change));
    const watching = cache.watch({ apiVersion: ROLLOUT.apiVersion, kind: 'Rollout' }, own.signal);
    await settle();
    own.abort();
    cache.forget('Rollout');
    answer.resolve();
    await watching;
    await cache.stopped();
    expect(changes).toEqual([]);
  });

  it('is not watched when it went while it was being discovered', async () => {
    const own = new AbortController();
    const cache = cacheOf({});
    const watching = cache.watch({ apiVersion: ROLLOUT.apiVersion, kind: 'Rollout' }, own.signal);
    own.abort();
    await watching;
    expect(cache.watches('Rollout')).toBe(false);
  });
});

describe('an optional kind', () => {
  it('keeps nobody unready while it cannot be listed, and does not go unnoticed once it was', async () => {
    let refused = true;
    const clock = new VirtualClock();
    const pages: KubeApi['pages'] = async function* () {
      if (refused) throw new Error('conversion webhook failed');
      yield { items: [ROLLOUT], resourceVersion: '1' };
    };
    const watch: KubeApi['watch'] = () => {
      throw new Error('conversion webhook failed');
    };
    const cache = cacheOf({ pages, watch }, undefined, clock);
    const listed = cache.watch({ apiVersion: ROLLOUT.apiVersion, kind: 'Rollout', optional: true }, stop.signal);
    await clock.advance(120_000);
    expect(cache.synced).toBe(true);
    expect(cache.stale()).toEqual([]);

    refused = false;
    await clock.advance(15_000);
    await listed;
    refused = true;
    await clock.advance(120_000);
    expect(cache.stale()).toEqual(['Rollout']);
  });
});
