import { describe, expect, it } from '@jest/globals';
import { elsewhereResults, type JestReport } from '../../faults/support/elsewhere-results.ts';
import { ELSEWHERE } from '../../faults/support/rows.ts';

const FILE = ELSEWHERE.I2?.file ?? '';

function report(...statuses: readonly string[]): JestReport {
  const assertionResults = statuses.map((status, index) => ({ fullName: `check ${index}`, status }));
  return { testResults: [{ name: `/somewhere/${FILE}`, startTime: 1000, endTime: 3500, message: 'it did not start', assertionResults }] };
}

describe('a row whose checks are in another folder', () => {
  it('has passed when all of them have', () => {
    expect(elsewhereResults(report('passed', 'passed'))).toMatchObject([
      { id: 'I2', passed: true, figures: '2 checks: check 0; check 1', seconds: 2.5 },
    ]);
  });

  it('has failed when one of them has, or was skipped, or when none was reached', () => {
    expect(elsewhereResults(report('passed', 'failed'))).toMatchObject([{ passed: false, figures: '1 of 2 checks failed: check 1' }]);
    expect(elsewhereResults(report('passed', 'pending'))).toMatchObject([{ passed: false }]);
    expect(elsewhereResults(report())).toMatchObject([{ passed: false, figures: '0 of 0 checks failed: it did not start' }]);
  });

  it('has no result when its file was not run', () => {
    expect(elsewhereResults({ testResults: [] })).toEqual([]);
  });
});
