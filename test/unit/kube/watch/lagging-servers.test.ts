import { describe, expect, it } from '@jest/globals';
import { KubeApiError, type WatchEvent } from '../../../../src/kube/kube-api.ts';
import { event, failure, item, list, play, type Step, start } from '../../../support/fake-api/scripted-reflector.ts';
import { settle } from '../../../support/time/virtual-clock.ts';

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
