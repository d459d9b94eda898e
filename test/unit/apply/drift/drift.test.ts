import { describe, expect, it } from '@jest/globals';
import { drift } from '../../../../src/apply/drift/drift.ts';

const container = (fields: object): object => ({ spec: { containers: [{ name: 'collector', ...fields }] } });

describe('drift', () => {
  it('is empty when every desired field is live, whatever else is live', () => {
    expect(drift({ a: 1, b: { c: 'x' } }, { a: 1, b: { c: 'x', d: 'defaulted' }, status: {} })).toEqual([]);
  });

  it('names the path of a changed field through the merge key of its list', () => {
    const found = drift(container({ image: 'a' }), container({ image: 'b' }));
    expect(found).toEqual([{ path: 'spec.containers[name=collector].image', desired: 'a', live: 'b' }]);
  });

  it('matches items by key, so that a container someone added in front does not count', () => {
    const live = { spec: { containers: [{ name: 'sidecar' }, { name: 'collector', image: 'a' }] } };
    expect(drift(container({ image: 'a' }), live)).toEqual([]);
  });

  it('tells two ports of one number apart by their protocol', () => {
    const ports = (first: string, second: string): object => ({
      ports: [
        { port: 53, protocol: 'TCP', name: first },
        { port: 53, protocol: 'UDP', name: second },
      ],
    });
    expect(drift(ports('a', 'b'), ports('a', 'c')).map((difference) => difference.path)).toEqual(['ports[name=b]']);
  });

  it('takes a list without keys as a whole', () => {
    expect(drift({ args: ['a', 'b'] }, { args: ['a', 'b', 'c'] })).toHaveLength(1);
    expect(drift({ args: ['a', 'b'] }, { args: ['a', 'b'] })).toEqual([]);
  });

  it('takes an empty list for an absent one: the API server stores neither', () => {
    expect(drift({ rules: [] }, {})).toEqual([]);
  });

  it('finds a field that is gone', () => {
    expect(drift({ metadata: { labels: { 'duotel.io/stack': 'x' } } }, { metadata: {} })).toEqual([
      { path: 'metadata.labels', desired: { 'duotel.io/stack': 'x' }, live: undefined },
    ]);
  });

  it('writes a key with dots or slashes in brackets', () => {
    const [difference] = drift({ annotations: { 'duotel.io/x': '1' } }, { annotations: { 'duotel.io/x': '2' } });
    expect(difference?.path).toBe('annotations["duotel.io/x"]');
  });
});
