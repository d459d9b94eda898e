import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { event, failure, inStream, item, list, play } from '../../../support/fake-api/scripted-reflector.ts';

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
