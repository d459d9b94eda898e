import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import {
  type KubeApi,
  KubeApiError,
  type ListOptions,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
} from '../../../../src/kube/kube-api.ts';
import { Reflector, type ReflectorOptions, type StoreChange } from '../../../../src/kube/watch/reflector.ts';
import { settle, VirtualClock } from '../../../support/time/virtual-clock.ts';

const TYPE: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const item = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', resourceVersion },
});
const event = (type: WatchEvent['type'], name: string, version: string): WatchEvent => ({ type, object: item(name, version) });
const inStream = (code: number): WatchEvent => ({ type: 'ERROR', object: { code } as unknown as KubeObject });
const failure = (status: number): KubeApiError => new KubeApiError('x', { status, reason: 'x', message: 'x', causes: [] });

type Step =
  | { readonly list: readonly (readonly KubeObject[] | KubeApiError)[]; readonly version?: string }
  /** `open`: the stream stays open after its events, and says nothing more. */
  | { readonly watch: readonly (WatchEvent | Error)[]; readonly open?: boolean };
const list = (...items: readonly KubeObject[]): Step => ({ list: [items] });

/**
 * A reflector and an API server that answers from a script: faults in this order cannot be had from a real one. Time goes on only by
 * `clock`. Ends when the script is over.
 */
function start(script: readonly Step[], extra: Partial<ReflectorOptions> & { readonly meanwhile?: (reflector: Reflector) => void } = {}) {
  const { meanwhile = () => undefined, ...options } = extra;
  const left = [...script];
  const stop = new AbortController();
  const clock = new VirtualClock();
  const requests: { readonly verb: 'list' | 'watch'; readonly from: unknown; readonly match: unknown; readonly at: number }[] = [];
  const changes: StoreChange[] = [];
  const troubles: unknown[] = [];
  const take = (verb: 'list' | 'watch', query: ListOptions['query']): Step => {
    requests.push({ verb, from: query?.['resourceVersion'], match: query?.['resourceVersionMatch'], at: clock.now() });
    const step = left.shift();
    if (step === undefined) stop.abort();
    if (step === undefined || !(verb in step)) throw failure(0);
    return step;
  };
  const api = {
    async *pages(_type: ResourceType, { query }: ListOptions) {
      const step = take('list', query);
      if (!('list' in step)) throw failure(0);
      for (const page of step.list) {
        if (page instanceof KubeApiError) throw page;
        yield { items: page, resourceVersion: step.version ?? '100' };
      }
    },
    async *watch(_type: ResourceType, { query, signal, onOpen }: WatchOptions) {
      const step = take('watch', query);
      if (!('watch' in step)) throw failure(0);
      onOpen?.();
      for (const one of step.watch) {
        if (one instanceof Error) throw one;
        yield one;
        meanwhile(reflector);
      }
      if (step.open && !signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  } as unknown as KubeApi;
  const reflector = new Reflector({
    api,
    type: TYPE,
    clock,
    random: () => 0,
    onChange: (change) => changes.push(change),
    onTrouble: ({ error }) => troubles.push(error),
    ...options,
  });
  const running = reflector.run(stop.signal);
  const names = (): readonly string[] =>
    [...reflector.values()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
  return { reflector, running, stop, clock, requests, changes, troubles, names };
}

/** Lets the script run to its end. */
async function play(script: readonly Step[], extra: Parameters<typeof start>[1] = {}) {
  const started = start(script, extra);
  await started.clock.advance(3_600_000);
  started.stop.abort();
  await started.running;
  const from = started.requests.filter(({ verb }) => verb === 'watch').map((request) => request.from);
  return { ...started, from, names: started.names() };
}

describe('Reflector', () => {
  it('holds what was listed and what events changed since', async () => {
    const { names } = await play([
      list(item('a', '1'), item('b', '2')),
      { watch: [event('MODIFIED', 'a', '101'), event('DELETED', 'b', '102'), event('ADDED', 'c', '103')] },
    ]);
    expect(names).toEqual(['a@101', 'c@103']);
  });

  it('goes on from the last event, or bookmark, when the stream ends', async () => {
    const { from } = await play([
      list(),
      { watch: [event('ADDED', 'a', '101')] },
      { watch: [event('BOOKMARK', '', '150')] },
      { watch: [] },
    ]);
    expect(from.slice(0, 3)).toEqual(['100', '101', '150']);
  });

  it('goes on from the last event when the connection breaks, or brings what is no event', async () => {
    for (const broken of [failure(0), new SyntaxError('x'), inStream(503)]) {
      const { from, requests } = await play([list(), { watch: [event('ADDED', 'a', '101'), broken] }, { watch: [] }]);
      expect(from.slice(0, 2)).toEqual(['100', '101']);
      expect(requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    }
  });

  it('lists anew after 410 and after any error inside the stream that may have cost an event, and finds what is gone', async () => {
    for (const end of [failure(410), inStream(410), inStream(500), inStream(403)]) {
      const { names, changes } = await play([list(item('a', '1'), item('b', '2')), { watch: [end] }, list(item('b', '2'))]);
      expect(names).toEqual(['b@2']);
      expect(changes.at(-1)).toMatchObject({ key: 'n/a', object: undefined, resync: true });
    }
  });

  it('keeps what it has when a list fails, and tries again', async () => {
    const { names } = await play([list(item('a', '1')), { watch: [failure(410)] }, { list: [failure(503)] }, list(item('a', '1'))]);
    expect(names).toEqual(['a@1']);
  });

  it('keeps what it has when a list expires between two pages, and begins it anew', async () => {
    const seen: (readonly string[])[] = [];
    const { names } = await play(
      [
        list(item('a', '1'), item('b', '2')),
        { watch: [event('BOOKMARK', '', '101'), failure(410)] },
        { list: [[item('c', '103')], failure(410)], version: '104' },
        { list: [[item('b', '2')], [item('c', '103')]], version: '105' },
        { watch: [event('BOOKMARK', '', '106')] },
      ],
      { meanwhile: (reflector) => seen.push([...reflector.values()].map(({ metadata }) => metadata.name)) },
    );
    expect(seen[0]).toEqual(['a', 'b']);
    expect(names).toEqual(['b@2', 'c@103']);
  });

  it('stores what the transform leaves of each object, from lists, events and own writes', async () => {
    const strip = ({ apiVersion, kind, metadata: { name, namespace = '', resourceVersion = '' } }: KubeObject): KubeObject => ({
      apiVersion,
      kind,
      metadata: { name, namespace, resourceVersion },
    });
    const large = (name: string, version: string): KubeObject => ({ ...item(name, version), data: { key: 'x'.repeat(1000) } });
    const { reflector, changes } = await play([list(large('a', '1')), { watch: [{ type: 'ADDED', object: large('b', '101') }] }], {
      transform: strip,
      meanwhile: (one) => one.remember(large('c', '200')),
    });
    expect([...reflector.values()].map((object) => object['data'])).toEqual([undefined, undefined, undefined]);
    expect(changes.map(({ object }) => object?.['data'])).toEqual([undefined, undefined]);
  });
});

describe('a reflector and its own writes', () => {
  it('does not go back to an event that is older than our own write', async () => {
    const { names } = await play([list(item('a', '1')), { watch: [event('BOOKMARK', '', '101'), event('MODIFIED', 'a', '102')] }], {
      meanwhile: (reflector) => reflector.remember(item('a', '200')),
    });
    expect(names).toEqual(['a@200']);
  });

  it('gives what we wrote as the state before the next event', async () => {
    const { changes } = await play(
      [list(), { watch: [event('BOOKMARK', '', '101'), event('ADDED', 'a', '200'), event('MODIFIED', 'a', '201')] }],
      {
        meanwhile: (reflector) => {
          if (reflector.get('n/a') === undefined) reflector.remember(item('a', '200'));
        },
      },
    );
    expect(changes).toMatchObject([
      { object: { metadata: { resourceVersion: '201' } }, previous: { metadata: { resourceVersion: '200' } } },
    ]);
  });

  it('does not bring back what the stream has already said is gone', async () => {
    const { names } = await play([list(item('a', '1')), { watch: [event('DELETED', 'a', '150'), event('BOOKMARK', '', '151')] }], {
      meanwhile: (reflector) => reflector.remember(item('a', '120')),
    });
    expect(names).toEqual([]);
  });

  it('keeps our own write over a list that was made before it', async () => {
    const { names } = await play([list(item('a', '1')), { watch: [event('BOOKMARK', '', '100'), failure(410)] }, list(item('a', '1'))], {
      meanwhile: (reflector) => reflector.remember(item('a', '200')),
    });
    expect(names).toEqual(['a@200']);
  });
});

describe('a reflector and servers that lag or lie', () => {
  it('finds by its relist what no event brought, at the very state the stream had reached, and counts it', async () => {
    let missed = 0;
    const { names, requests } = await play(
      [
        list(item('a', '1'), item('b', '2'), item('same', '3')),
        { watch: [event('BOOKMARK', '', '150')], open: true },
        { list: [[item('a', '120'), item('c', '130'), item('same', '3')]], version: '150' },
        { watch: [] },
      ],
      { relistMs: 30_000, onMissed: (count) => (missed += count) },
    );
    expect(requests[2]).toMatchObject({ verb: 'list', from: '150', match: 'Exact' });
    expect(names).toEqual(['a@120', 'c@130', 'same@3']);
    expect(missed).toBe(3);
    expect(requests[3]?.from).toBe('150');
  });

  it('counts nothing as missed when the relist finds what it has', async () => {
    let missed = 0;
    await play(
      [list(item('a', '1')), { watch: [event('MODIFIED', 'a', '101')], open: true }, { list: [[item('a', '101')]], version: '101' }],
      { relistMs: 30_000, onMissed: (count) => (missed += count) },
    );
    expect(missed).toBe(0);
  });

  it('counts nothing as missed that is younger than what it has seen', async () => {
    let missed = 0;
    const { names } = await play(
      [
        list(item('a', '1'), item('b', '2')),
        { watch: [event('BOOKMARK', '', '150'), failure(410)] },
        { list: [[item('a', '160'), item('b', '140')]], version: '170' },
      ],
      { onMissed: (count) => (missed += count) },
    );
    expect([names, missed]).toEqual([['a@160', 'b@140'], 1]);
  });

  it('refuses a list from before what it has seen, and accepts it when nothing else comes for five minutes', async () => {
    const lagging: Step = { list: [[item('old', '40')]], version: '50' };
    const { clock, names, running, stop, troubles } = start([
      list(item('a', '90')),
      { watch: [failure(410)] },
      ...Array.from({ length: 40 }, () => lagging),
      { watch: [], open: true },
    ]);
    await clock.advance(200_000);
    expect(names()).toEqual(['a@90']);
    expect(String(troubles.at(-1))).toContain('older than 100');
    await clock.advance(150_000);
    expect(names()).toEqual(['old@40']);
    stop.abort();
    await running;
  });

  it('does not go back in time with a stream that repeats the past', async () => {
    const { names, from } = await play([
      list(item('a', '90')),
      { watch: [event('DELETED', 'a', '110'), event('ADDED', 'a', '120')] },
      { watch: [event('MODIFIED', 'a', '90'), event('DELETED', 'a', '110'), event('ADDED', 'gone', '95'), event('BOOKMARK', '', '111')] },
      { watch: [] },
    ]);
    expect(names).toEqual(['a@120']);
    expect(from.slice(0, 3)).toEqual(['100', '120', '120']);
  });

  it('goes on from the last version that it has, when a bookmark or an event names none', async () => {
    for (const metadata of [{}, { resourceVersion: '' }, { resourceVersion: null }]) {
      const nameless = (type: WatchEvent['type'], name: string): WatchEvent =>
        ({ type, object: { ...item(name, ''), metadata: { name, namespace: 'n', ...metadata } } }) as unknown as WatchEvent;
      const { from, requests, names } = await play([
        list(item('a', '90')),
        { watch: [event('MODIFIED', 'a', '110'), nameless('BOOKMARK', '')] },
        { watch: [nameless('DELETED', 'a'), failure(410)] },
        // Behind what was seen: refused.
        { list: [[item('old', '40')]], version: '50' },
      ]);
      expect(from.slice(0, 2)).toEqual(['100', '110']);
      expect(requests.slice(0, 3).map(({ verb }) => verb)).toEqual(['list', 'watch', 'watch']);
      expect(names).toEqual([]);
    }
  });

  it('takes a stream for dead that nothing came through and that the server did not end, within a minute', async () => {
    const { clock, requests, reflector, running, stop, troubles } = start([list(), { watch: [], open: true }, { watch: [], open: true }], {
      random: () => 0.99,
    });
    await clock.advance(59_900);
    expect(requests.map(({ verb }) => verb)).toEqual(['list', 'watch', 'watch']);
    expect(String(troubles[0])).toContain('nothing more came');
    expect(reflector.silenceMs).toBeLessThan(5000);
    stop.abort();
    await running;
  });

  it('opens one connection a second at most to a server that ends or refuses each, and fewer as it goes on', async () => {
    for (const step of [{ watch: [] }, { watch: [failure(0)] }, { list: [failure(500)] }]) {
      const script = 'watch' in step ? [list(), ...Array.from({ length: 100 }, () => step)] : Array.from({ length: 100 }, () => step);
      const { clock, requests, running, stop } = start(script);
      await clock.advance(60_000);
      const of = requests.filter(({ verb }) => verb in step);
      const gaps = of.slice(1).map(({ at }, index) => at - (of[index]?.at ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
      expect(of.length).toBeLessThan(15);
      stop.abort();
      await running;
    }
  });

  it('keeps its place with a server that is overloaded, and asks no earlier than it is told', async () => {
    for (const status of [429, 503, 504]) {
      const asked = new KubeApiError('x', { status, reason: 'x', message: 'x', causes: [], retryAfter: 30 });
      const { clock, requests, running, stop } = start([list(), ...Array.from({ length: 100 }, () => ({ watch: [asked] }))]);
      await clock.advance(20 * 60_000);
      const watches = requests.filter(({ verb }) => verb === 'watch');
      expect(requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
      expect(new Set(watches.map(({ from }) => from))).toEqual(new Set(['100']));
      expect(Math.min(...watches.slice(1).map(({ at }, index) => at - (watches[index]?.at ?? 0)))).toBeGreaterThanOrEqual(30_000);
      stop.abort();
      await running;
    }
  });

  it('asks again within five minutes and a quarter, however long the server wants to be left alone', async () => {
    const asked = new KubeApiError('x', { status: 503, reason: 'x', message: 'x', causes: [], retryAfter: 86_400 });
    const { clock, requests, running, stop } = start([{ list: [asked] }, list(), { watch: [], open: true }]);
    await clock.advance(375_000);
    expect(requests.map(({ verb }) => verb).slice(0, 3)).toEqual(['list', 'list', 'watch']);
    stop.abort();
    await running;
  });

  it('goes on at once after a stream that held for long', async () => {
    const { clock, requests, running, stop } = start([
      list(),
      { watch: [event('BOOKMARK', '', '101')], open: true },
      { watch: [], open: true },
    ]);
    await settle();
    await clock.advance(50_000);
    expect(requests.map(({ verb, at }) => `${verb} ${at}`)).toEqual(['list 0', 'watch 0', 'watch 50000']);
    stop.abort();
    await running;
  });
});
