import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import { type KubeApi, KubeApiError, type ResourceType, type WatchEvent } from '../../../src/kube/kube-api.ts';
import { Reflector, type StoreChange } from '../../../src/kube/reflector.ts';

const TYPE: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const item = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', resourceVersion },
});
const event = (type: WatchEvent['type'], name: string, version: string): WatchEvent => ({ type, object: item(name, version) });
const failure = (status: number): KubeApiError => new KubeApiError('x', { status, reason: 'x', message: 'x', causes: [] });

type Step = { readonly list: readonly KubeObject[] | KubeApiError } | { readonly watch: readonly (WatchEvent | KubeApiError)[] };

/**
 * An API server that answers from a script: faults in this order cannot be had from a real one. Runs a reflector against it until the
 * script is over; returns what was seen.
 */
async function play(script: readonly Step[], meanwhile: (reflector: Reflector) => void = () => undefined) {
  const left = [...script];
  const stop = new AbortController();
  const from: (string | undefined)[] = [];
  const changes: StoreChange[] = [];
  const next = (): Step | undefined => {
    const step = left.shift();
    if (step === undefined) stop.abort();
    return step;
  };
  const api = {
    async list() {
      const step = next();
      if (step === undefined || !('list' in step)) throw failure(0);
      if (step.list instanceof KubeApiError) throw step.list;
      return { items: step.list, resourceVersion: '100' };
    },
    async *watch(_type: ResourceType, { query }: { query: { resourceVersion?: string } }) {
      from.push(query.resourceVersion);
      const step = next();
      if (step === undefined || !('watch' in step)) throw failure(0);
      for (const one of step.watch) {
        if (one instanceof KubeApiError) throw one;
        yield one;
        meanwhile(reflector);
      }
    },
  } as unknown as KubeApi;
  const clock = { now: () => 0, sleep: async () => undefined };
  const reflector = new Reflector({ api, type: TYPE, clock, random: () => 0, onChange: (change) => changes.push(change) });
  await reflector.run(stop.signal);
  return {
    reflector,
    from,
    changes,
    names: [...reflector.values()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort(),
  };
}

describe('Reflector', () => {
  it('holds what was listed and what events changed since', async () => {
    const { names } = await play([
      { list: [item('a', '1'), item('b', '2')] },
      { watch: [event('MODIFIED', 'a', '101'), event('DELETED', 'b', '102'), event('ADDED', 'c', '103')] },
    ]);
    expect(names).toEqual(['a@101', 'c@103']);
  });

  it('goes on from the last event, or bookmark, when the stream ends', async () => {
    const { from } = await play([
      { list: [] },
      { watch: [event('ADDED', 'a', '101')] },
      { watch: [event('BOOKMARK', '', '150')] },
      { watch: [] },
    ]);
    expect(from.slice(0, 3)).toEqual(['100', '101', '150']);
  });

  it('goes on from the last event when the connection breaks', async () => {
    const { from } = await play([{ list: [] }, { watch: [event('ADDED', 'a', '101'), failure(0)] }, { watch: [] }]);
    expect(from.slice(0, 2)).toEqual(['100', '101']);
  });

  it('lists anew after 410 and after any error inside the stream, and finds what is gone', async () => {
    for (const end of [failure(410), { type: 'ERROR', object: { code: 500 } } as unknown as WatchEvent]) {
      const { names, changes } = await play([{ list: [item('a', '1'), item('b', '2')] }, { watch: [end] }, { list: [item('b', '2')] }]);
      expect(names).toEqual(['b@2']);
      expect(changes.at(-1)).toMatchObject({ key: 'n/a', object: undefined, resync: true });
    }
  });

  it('keeps what it has when a list fails, and tries again', async () => {
    const { names } = await play([
      { list: [item('a', '1')] },
      { watch: [failure(410)] },
      { list: failure(503) },
      { list: [item('a', '1')] },
    ]);
    expect(names).toEqual(['a@1']);
  });

  it('does not go back to an event that is older than our own write', async () => {
    const { names } = await play(
      [{ list: [item('a', '1')] }, { watch: [event('BOOKMARK', '', '101'), event('MODIFIED', 'a', '102')] }],
      (reflector) => reflector.remember(item('a', '200')),
    );
    expect(names).toEqual(['a@200']);
  });

  it('gives what we wrote as the state before the next event', async () => {
    const { changes } = await play(
      [{ list: [] }, { watch: [event('BOOKMARK', '', '101'), event('ADDED', 'a', '200'), event('MODIFIED', 'a', '201')] }],
      (reflector) => {
        if (reflector.get('n/a') === undefined) reflector.remember(item('a', '200'));
      },
    );
    expect(changes).toMatchObject([
      { object: { metadata: { resourceVersion: '201' } }, previous: { metadata: { resourceVersion: '200' } } },
    ]);
  });

  it('does not bring back what the stream has already said is gone', async () => {
    const { names } = await play(
      [{ list: [item('a', '1')] }, { watch: [event('DELETED', 'a', '150'), event('BOOKMARK', '', '151')] }],
      (reflector) => reflector.remember(item('a', '120')),
    );
    expect(names).toEqual([]);
  });

  it('keeps our own write over a list that was made before it', async () => {
    const { names } = await play(
      [{ list: [item('a', '1')] }, { watch: [event('BOOKMARK', '', '90'), failure(410)] }, { list: [item('a', '1')] }],
      (reflector) => reflector.remember(item('a', '200')),
    );
    expect(names).toEqual(['a@200']);
  });
});
