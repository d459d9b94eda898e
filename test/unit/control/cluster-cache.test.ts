import { afterEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import { type Change, ClusterCache } from '../../../src/control/cluster-cache.ts';
import { Metrics } from '../../../src/control/metrics.ts';
import { listingApi } from '../../support/listing-api.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const ROLLOUT: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'my-rag', namespace: 'shop', uid: 'u', resourceVersion: '1' },
};
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const stop = new AbortController();
afterEach(() => stop.abort());

describe('a kind that is no longer served', () => {
  it('leaves no object behind, and each of them is said to be gone', async () => {
    const changes: Change[] = [];
    const cache: ClusterCache = new ClusterCache({
      api: {
        ...listingApi([ROLLOUT]),
        async *watch(_type, { signal, onOpen }) {
          onOpen?.();
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        },
      },
      clock: new VirtualClock(),
      random: Math.random,
      logger: SILENT,
      metrics: new Metrics(),
      // Whoever hears of it finds it gone already.
      onChange: (change) => void changes.push({ ...change, object: cache.get('Rollout', ROLLOUT.metadata) }),
    });
    await cache.watch({ apiVersion: ROLLOUT.apiVersion, kind: 'Rollout' }, stop.signal);
    expect(cache.values('Rollout')).toEqual([ROLLOUT]);
    changes.length = 0;

    cache.forget('Rollout');
    expect(cache.values('Rollout')).toEqual([]);
    expect(changes).toEqual([{ kind: 'Rollout', key: 'shop/my-rag', object: undefined, previous: ROLLOUT, resync: true }]);
  });
});
