import type { Check, CheckState } from '../../verify/check.ts';
import { table } from './table.ts';

const MARK: Readonly<Record<CheckState, string>> = { ok: 'ok', failed: 'FAILED', info: '-' };

/** Checks as a table, the failed ones with what to do, and a last line with the counts. */
export function checkTable(checks: readonly Check[]): string {
  const columns = [{ title: 'step' }, { title: 'check' }, { title: 'state' }, { title: 'found' }];
  const rows = checks.map((check, index) => [
    checks[index - 1]?.step === check.step ? '' : check.step,
    check.what,
    MARK[check.state],
    wrap(check.hint === undefined ? check.found : `${check.found}\n-> ${check.hint}`, 100),
  ]);
  const count = (state: CheckState) => checks.filter((check) => check.state === state).length;
  return `${table(columns, rows)}\n${count('ok')} ok, ${count('failed')} failed, ${count('info')} for information\n`;
}

/** Breaks lines at blanks so that none is longer than `limit`, unless a word is. */
function wrap(text: string, limit: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const lines: string[] = [];
      for (const word of line.split(' ')) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
      }
      return lines;
    })
    .join('\n');
}
