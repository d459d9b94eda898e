import { describe, expect, it } from '@jest/globals';
import { type Figure, figure, ratio } from '../../../bench/figure.ts';
import { inFlight } from '../../../bench/in-flight.ts';
import { changedSet, objectSet, SET_SIZE } from '../../../bench/object-set.ts';
import { judge, readRanges } from '../../../bench/ranges.ts';
import { type BenchResult, benchMarkdown } from '../../../bench/report.ts';

const time = (id: string, ...runs: readonly number[]): Figure => figure(id, id, 's', runs);

describe('the figures of a benchmark', () => {
  it('are medians, and ratios to the best of the others', () => {
    expect(time('a', 3, 1, 2).value).toBe(2);
    expect(ratio('r', 'r', time('a', 1), [time('slow', 10), time('fast', 4)])).toMatchObject({ value: 0.25, note: 'a / fast' });
  });

  it('are out of range above their limit, and when there is none of what was measured', () => {
    const ranges = { a: { target: 1, max: 2, provenance: 'x' } };
    const verdict = (...runs: readonly number[]) => judge([time('a', ...runs)], ranges)[0];
    expect(verdict(0.5)).toMatchObject({ targetMet: true, inRange: true });
    expect(verdict(1.5)).toMatchObject({ targetMet: false, inRange: true });
    expect(verdict(3)).toMatchObject({ targetMet: false, inRange: false });
    expect(verdict()).toMatchObject({ targetMet: false, inRange: false });
    expect(judge([time('b', 9)], ranges)[0]).toMatchObject({ targetMet: undefined, inRange: true });
  });

  it('become a row each, but for CPU time', () => {
    const figures = [time('a', 1, 3), time('a/user-cpu', 1)];
    const machine = { cpus: 2, model: 'm', memoryGb: 8, loadBefore: 0, loadAfter: 1 };
    const result: BenchResult = { commit: 'c', started: 't', machine, node: 'v24', figures };
    const rows = benchMarkdown(result, judge(figures, { a: { target: 1, provenance: 'x' } }))
      .split('\n')
      .filter((line) => line.startsWith('| a'));
    expect(rows).toEqual(['| a | 2.0 s | 1.0 s to 3.0 s | <= 1.0 s | missed |']);
  });
});

describe('the ranges', () => {
  it('say where they come from, and no target lies above what is accepted', () => {
    for (const { provenance, target, max } of Object.values(readRanges())) {
      expect(provenance).not.toBe('');
      if (target !== undefined && max !== undefined) expect(target).toBeLessThanOrEqual(max);
    }
  });
});

describe('the set of objects', () => {
  const objects = objectSet('ns');
  it('has forty objects of one namespace, each once, and no pods', () => {
    expect(objects).toHaveLength(SET_SIZE);
    expect(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(SET_SIZE);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['ns']));
    expect(objects.filter((one) => ((one['spec'] as { replicas?: number } | undefined)?.replicas ?? 0) > 0)).toEqual([]);
  });

  it('differs in one object after a change', () => {
    const changed = changedSet(objects, 3);
    expect(changed.filter((one, index) => one !== objects[index])).toHaveLength(1);
  });
});

describe('work in flight', () => {
  it('is done once for every item, never more at a time than asked', async () => {
    const done: number[] = [];
    let now = 0;
    let most = 0;
    await inFlight([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      done.push(item);
    });
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });
});
