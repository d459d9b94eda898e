import type { RowResult } from './row-result.ts';
import type { Elsewhere, RowId } from './rows.ts';
import { ELSEWHERE } from './rows.ts';

/** What is used of jest's report (`--json`). */
export interface JestReport {
  readonly testResults: readonly {
    /** Path of the file. */
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
    /** Why the file failed as a whole; empty otherwise. */
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The rows whose checks are in other folders, as jest's report has them; a row whose file was not run has none. */
export function elsewhereResults(report: JestReport): readonly RowResult[] {
  return (Object.entries(ELSEWHERE) as [RowId, Elsewhere][]).flatMap(([id, { file, sentence, injected, cases }]) => {
    const found = report.testResults.find(({ name }) => name.endsWith(`/${file}`));
    if (found === undefined) return [];
    const checks = found.assertionResults;
    const failed = checks.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName);
    const passed = failed.length === 0 && checks.length > 0;
    const figures = passed
      ? `${checks.length} checks: ${checks.map(({ fullName }) => fullName).join('; ')}`
      : `${failed.length} of ${checks.length} checks failed: ${failed.join('; ') || found.message.slice(0, 400)}`;
    const seconds = Math.round((found.endTime - found.startTime) / 100) / 10;
    return [{ id, test: `${id} ${sentence}`, injected, cases, passed, figures, seconds }];
  });
}
