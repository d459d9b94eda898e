import { describe, expect, it } from '@jest/globals';
import { parseOptions } from '../../stress/options.ts';
import { select } from '../../stress/selection.ts';
import { passed, type StressRun, tallyText } from '../../stress/tally.ts';

const SUITES = ['test/unit/table.test.ts', 'test/unit/stack.test.ts', 'test/golden/stack/flow.test.ts', 'test/checks/manifests.test.ts'];

describe('what a pattern selects', () => {
  it('is the suites whose paths match, of the tier that their folder tells', () => {
    expect(select(['stack/flow'], undefined, SUITES)).toEqual({ tier: 'golden', suites: ['test/golden/stack/flow.test.ts'] });
    expect(select(['test/unit/.*'], undefined, SUITES)).toEqual({ tier: 'unit', suites: SUITES.slice(0, 2) });
    expect(select(['manifests', 'CHECKS'], undefined, SUITES)).toEqual({ tier: 'checks', suites: ['test/checks/manifests.test.ts'] });
  });

  it('is narrowed to the tier that is asked for, all of it without a pattern', () => {
    expect(select(['stack'], 'golden', SUITES)).toEqual({ tier: 'golden', suites: ['test/golden/stack/flow.test.ts'] });
    expect(select([], 'unit', SUITES)).toEqual({ tier: 'unit', suites: [] });
  });

  it('is told to be missing where it is nothing, or of several tiers', () => {
    expect(() => select(['stack'], undefined, SUITES)).toThrow(
      'stack matches suites of several tiers\n  Choose one: --tier golden | --tier unit',
    );
    expect(() => select([], undefined, SUITES)).toThrow('neither a pattern nor a tier is given');
    expect(() => select(['nothing'], undefined, SUITES)).toThrow('no suite matches nothing');
    expect(() => select(['table'], 'golden', SUITES)).toThrow('no suite of the tier golden matches table');
    expect(() => select(['table'], 'gold', SUITES)).toThrow('--tier is "gold", expected one of checks, golden, unit');
    expect(() => select(['('], undefined, SUITES)).toThrow('the pattern ( is no regular expression');
  });
});

describe('the tally', () => {
  const run = (...failed: readonly string[]): StressRun => ({
    code: failed.length > 0 ? 1 : 0,
    suites: [{ tier: 'unit', suite: 'test/unit/table.test.ts', milliseconds: 1, passed: 3 - failed.length, failed, broken: false }],
  });

  it('counts for each test in how many runs it failed, most first', () => {
    expect(tallyText([run('rare'), run('often', 'rare'), run('often'), run('often'), run()])).toBe(
      'Failed, in 5 runs:\n  3 of 5  test/unit/table.test.ts: often\n  2 of 5  test/unit/table.test.ts: rare',
    );
  });

  it('says that none failed, and of how many', () => {
    expect(tallyText([run(), run()])).toBe('None of 3 tests failed in 2 runs.');
    expect([run(), run()].every(passed)).toBe(true);
  });

  it('takes a run without tests, one that broke and one with an exit code for failed', () => {
    const broken = { ...run(), suites: run().suites.map((suite) => ({ ...suite, broken: true })) };
    const runs = [{ code: 0, suites: [] }, { ...run(), code: 7 }, broken];
    expect(runs.map(passed)).toEqual([false, false, false]);
    expect(tallyText(runs).split('\n').slice(1)).toEqual([
      '  1 of 3  (exit code 7 without a failed test)',
      '  1 of 3  (no test ran)',
      '  1 of 3  test/unit/table.test.ts: (the suite did not run to its end)',
    ]);
  });
});

describe('the options', () => {
  it('have five runs beside a busy loop on each core as their defaults', () => {
    expect(parseOptions(['a', 'b'], 8, true)).toEqual({ patterns: ['a', 'b'], tier: undefined, times: 5, loops: 8 });
    expect(parseOptions(['--tier', 'unit', '--times', '3', '--loops', '2'], 8, true)).toEqual({
      patterns: [],
      tier: 'unit',
      times: 3,
      loops: 2,
    });
    expect(parseOptions(['a', '--no-load'], 8, true)).toMatchObject({ loops: 0 });
  });

  it.each(['0', '1.5', 'often'])('refuse %s as a number of times', (times) => {
    expect(() => parseOptions(['a', '--times', times], 8, true)).toThrow('Expected a whole number from 1 on.');
  });
});
