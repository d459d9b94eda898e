import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
// @ts-expect-error: jest loads the reporter as it is, so it is no TypeScript.
import ResultReporter from '../../support/reporting/result-reporter.js';
import { readSuiteResults, type SuiteResult } from '../../support/reporting/suite-result.ts';
import { summary } from '../../support/reporting/summary.ts';
import { readTierResults, type TierResult, writeTierResult } from '../../support/reporting/tier-result.ts';

const suite = (name: string, more: Partial<SuiteResult> = {}): SuiteResult => ({
  tier: name.split('/')[0] ?? '',
  suite: `test/${name}.test.ts`,
  milliseconds: 1_000,
  passed: 1,
  failed: [],
  broken: false,
  ...more,
});
const tier = (name: string, outcome: TierResult['outcome'] = 'passed'): TierResult => ({ tier: name, outcome, milliseconds: 61_000 });

test('the last lines name the suite and the full name of each test that failed', () => {
  const text = summary(
    ['lint', 'test:unit', 'test:golden'],
    [tier('lint'), tier('test:unit', 'FAILED'), tier('test:golden', 'FAILED')],
    [
      suite('unit/table', { failed: ['a table has as many lines as rows'] }),
      suite('golden/stack', { failed: ['the stack > starts', 'the stack > ends'] }),
      suite('golden/rules'),
    ],
  );
  expect(text.split('\n').slice(-4)).toEqual([
    'Failed:',
    '  test/unit/table.test.ts: a table has as many lines as rows',
    '  test/golden/stack.test.ts: the stack > starts',
    '  test/golden/stack.test.ts: the stack > ends',
  ]);
});

test('a tier that fails without a failed test is named, one whose tests say why is not', () => {
  const text = summary(
    ['lint', 'test:unit', 'check:manifests'],
    [tier('lint', 'FAILED'), tier('test:unit', 'FAILED'), tier('check:manifests', 'FAILED')],
    [suite('unit/table', { broken: true, passed: 0 }), suite('checks/manifests', { failed: ['each finding has a reason'] })],
  );
  expect(text.split('\n').slice(-4)).toEqual([
    'Failed:',
    '  test/unit/table.test.ts: (the suite did not run to its end)',
    '  test/checks/manifests.test.ts: each finding has a reason',
    '  lint: failed without a failed test; its output above says why',
  ]);
});

test('where all passed, the last line is that of the last tier, with its time', () => {
  const text = summary(['lint', 'test:unit'], [tier('lint'), tier('test:unit')], [suite('unit/table')]);
  expect(text.split('\n').slice(-2)).toEqual(['lint       passed  1m01s', 'test:unit  passed  1m01s']);
});

test('a tier that was not reached is shown as not run', () => {
  expect(summary(['lint', 'test:unit'], [tier('lint', 'interrupted')], [])).toBe('lint       interrupted  1m01s\ntest:unit  not run');
});

test('the ten slowest suites are shown, the slowest first', () => {
  const suites = Array.from({ length: 12 }, (_, index) => suite(`unit/s${index}`, { milliseconds: (index + 1) * 1_000 }));
  const lines = summary(['test:unit'], [tier('test:unit')], suites).split('\n');
  expect(lines[0]).toBe('The 10 slowest suites:');
  expect(lines.slice(1, 11)).toEqual(
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => `  ${`${n}.0 s`.padStart(6)}  test/unit/s${n - 1}.test.ts`),
  );
  expect(lines[11]).toBe('');
});

test('what the reporter of Jest and the tiers write is read back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-reporting-'));
  const before = process.env['DUOTEL_TEST_RESULTS'];
  try {
    expect(readSuiteResults(folder)).toEqual([]);
    expect(readTierResults(folder)).toEqual([]);
    process.env['DUOTEL_TEST_RESULTS'] = folder;
    const result = (name: string, more: object = {}) => ({
      displayName: { name: 'unit', color: 'white' },
      testFilePath: join(process.cwd(), `test/unit/${name}.test.ts`),
      perfStats: { start: 1_000, end: 3_500 },
      skipped: false,
      testResults: [],
      ...more,
    });
    new ResultReporter().onRunComplete(new Set(), {
      numPassedTests: 2,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [
        result('one', {
          testResults: [
            { status: 'passed', fullName: 'one is right' },
            { status: 'failed', fullName: 'one is wrong' },
            { status: 'passed', fullName: 'one is right again' },
          ],
        }),
        result('two', { testExecError: new Error('no such module') }),
        result('three', { skipped: true }),
      ],
    });
    writeTierResult(folder, tier('lint'));
    writeTierResult(folder, tier('test:unit', 'FAILED'));
    expect(readFileSync(join(folder, 'counts'), 'utf8')).toBe('2 2\n');
    expect(readSuiteResults(folder)).toEqual([
      { ...suite('unit/one'), milliseconds: 2_500, passed: 2, failed: ['one is wrong'] },
      { ...suite('unit/two'), milliseconds: 2_500, passed: 0, broken: true },
    ]);
    expect(readTierResults(folder)).toEqual([tier('lint'), tier('test:unit', 'FAILED')]);
  } finally {
    if (before === undefined) delete process.env['DUOTEL_TEST_RESULTS'];
    else process.env['DUOTEL_TEST_RESULTS'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
});
