import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { ClusterCache } from '../../../src/controller/cluster-cache.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { WorkloadWatches } from '../../../src/workloads/workload-watches.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { settle, VirtualClock } from '../../support/time/virtual-clock.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const KINDS = ['Deployment', 'CronJob'].map((kind) => ({ apiVersion: 'any/v1', kind }));

let stop = new AbortController();
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

/** The watches of an operator in namespace duotel with scope shop and lab, none of which is said to be there yet. */
async function world() {
  const clock = new VirtualClock();
  const objects = ['shop', 'lab', 'duotel'].flatMap((namespace) => KINDS.map(({ kind }) => workload({ kind, namespace })));
  /** `Kind/namespace` of what may not be listed. */
  const forbidden = new Set<string>();
  const api = listingApi(objects);
  const gone: string[] = [];
  let collections = 0;
  const cache = new ClusterCache({
    api: {
      ...api,
      pages(type, options = {}) {
        const what = `${type.kind}/${options.namespace}`;
        if (forbidden.has(what)) throw new KubeApiError(what, { status: 403, reason: 'Forbidden', message: what, causes: [] });
        return api.pages(type, options);
      },
      async *watch(_type, { signal, onOpen }) {
        onOpen?.();
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    },
    clock,
    random: () => 0,
    logger: SILENT,
    metrics: new Metrics(),
    onChange: ({ kind, key, object }) => void (object === undefined && gone.push(`${kind}/${key}`)),
  });
  const onListed = (): void => {
    collections += 1;
  };
  const watches = new WorkloadWatches({ cache, namespace: 'duotel', scope: ['shop', 'lab'], onListed });
  for (const kind of KINDS) await watches.add(kind, stop.signal, { alsoOwn: kind.kind === 'Deployment' });
  const say = async (key: string, object: KubeObject | undefined): Promise<void> => {
    watches.observe({ key, object });
    await settle();
  };
  const found = (): string[] => [...new Set(cache.values('CronJob').map(({ metadata }) => metadata.namespace ?? ''))];
  return { cache, clock, watches, forbidden, gone, say, found, collections: () => collections };
}

describe('a namespace in scope', () => {
  it('is watched for as long as it is there', async () => {
    const { cache, watches, say, found, gone } = await world();
    expect(found()).toEqual([]);
    expect(cache.synced).toBe(true);

    await say('shop', namespaceObject());
    expect(found()).toEqual(['shop']);
    expect(watches.knows('shop')).toBe(true);

    await say('shop', undefined);
    expect(found()).toEqual([]);
    expect(gone).toEqual(['Deployment/shop/my-rag', 'CronJob/shop/my-rag']);
    expect(watches.knows('shop')).toBe(false);

    await say('shop', namespaceObject());
    expect(found()).toEqual(['shop']);
  });

  it('is gone when it begins to end: the rights in it may go first', async () => {
    const { say, found } = await world();
    await say('shop', namespaceObject());
    const ending = namespaceObject();
    await say('shop', { ...ending, metadata: { ...ending.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(found()).toEqual([]);
  });

  it('holds up neither readiness nor the others while it is not ours to read, and is looked at again', async () => {
    const { cache, clock, watches, forbidden, say, found } = await world();
    for (const { kind } of KINDS) forbidden.add(`${kind}/lab`);
    await say('lab', namespaceObject({}, 'lab'));
    await say('shop', namespaceObject());
    expect([cache.synced, found()]).toEqual([true, ['shop']]);
    await clock.advance(55_000);
    expect(cache.stale()).toEqual([]);

    forbidden.clear();
    await clock.advance(15_000);
    await watches.listed();
    expect(found()).toEqual(['lab', 'shop']);
  });

  it('is not known before the first list of every kind is in, and then its files are looked at', async () => {
    const { clock, watches, forbidden, say, collections } = await world();
    forbidden.add('CronJob/shop');
    await say('shop', namespaceObject());
    expect(watches.knows('shop')).toBe(false);
    const before = collections();

    forbidden.clear();
    await clock.advance(15_000);
    expect(watches.knows('shop')).toBe(true);
    expect(collections()).toBe(before + 1);
  });
});

describe("the operator's own namespace", () => {
  it('stays watched for the kinds that a stack has, whatever is said of it', async () => {
    const { cache, say } = await world();
    await say('duotel', undefined);
    expect(cache.get('Deployment', { namespace: 'duotel', name: 'my-rag' })).toBeDefined();
    expect(cache.get('CronJob', { namespace: 'duotel', name: 'my-rag' })).toBeUndefined();
  });
});

describe('a kind that is no longer served', () => {
  it('is gone from every namespace and needed by none, and comes back to each', async () => {
    const { cache, watches, say, found } = await world();
    await say('shop', namespaceObject());
    watches.remove('CronJob');
    expect([found(), cache.watches('CronJob'), watches.knows('shop')]).toEqual([[], false, true]);

    await say('lab', namespaceObject({}, 'lab'));
    expect(found()).toEqual([]);
    await watches.add({ apiVersion: 'any/v1', kind: 'CronJob' }, stop.signal);
    expect(found().sort()).toEqual(['lab', 'shop']);
  });
});
