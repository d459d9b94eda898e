import type { SuiteResult } from '../support/reporting/suite-result.ts';
import { failuresOf } from '../support/reporting/summary.ts';

/** What one of the runs left behind. */
export interface StressRun {
  /** Exit code of the tier's command. */
  readonly code: number;
  readonly suites: readonly SuiteResult[];
}

/** Whether all that ran passed, and anything did. */
export function passed({ code, suites }: StressRun): boolean {
  return code === 0 && suites.some((suite) => suite.passed > 0) && suites.every((suite) => failuresOf(suite).length === 0);
}

/** `test/unit/table.test.ts: a table has as many lines as rows`, for each failure of a run; a failure that no test has is one, too. */
export function failedNames(run: StressRun): readonly string[] {
  const names = run.suites.flatMap((suite) => failuresOf(suite).map((text) => `${suite.suite}: ${text}`));
  if (names.length > 0 || passed(run)) return names;
  return [run.code === 0 ? '(no test ran)' : `(exit code ${run.code} without a failed test)`];
}

/** How often each test failed, the one that fails most first. */
export function tallyText(runs: readonly StressRun[]): string {
  const counts = new Map<string, number>();
  for (const name of runs.flatMap(failedNames)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const total = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  if (counts.size === 0) {
    const tests = Math.max(0, ...runs.map(({ suites }) => suites.reduce((sum, suite) => sum + suite.passed, 0)));
    return `None of ${tests} tests failed in ${total}.`;
  }
  const lines = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return [`Failed, in ${total}:`, ...lines.map(([name, count]) => `  ${count} of ${runs.length}  ${name}`)].join('\n');
}
