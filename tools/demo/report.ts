import { checkTable } from '../../src/cli/output/check-table.ts';
import { allOk, type Check } from '../../src/verify/check.ts';
import { formatDuration } from '../lib/progress.ts';
import type { StepTime } from './context.ts';

/** Everything the demo found. */
export interface DemoReport {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly times: readonly StepTime[];
}

export function demoReport(checks: readonly Check[], times: readonly StepTime[]): DemoReport {
  return { ok: allOk(checks), checks, times };
}

export function reportText(report: DemoReport, output: 'table' | 'json'): string {
  if (output === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  const verdict = report.ok ? 'All of it is true.' : 'Not all of it is true: see FAILED above.';
  return `\n${checkTable(report.checks)}${verdict}\n`;
}

/** The times, one line a step. */
export function timesText(times: readonly StepTime[]): string {
  return times.map(({ step, seconds }) => `  ${formatDuration(seconds * 1000).padStart(7)}  ${step}\n`).join('');
}
