import { namedTests } from './named-tests.ts';
import { ALL_CASES, type RowResult } from './row-result.ts';
import { ELSEWHERE, ROWS, type RowId } from './rows.ts';

const HEAD = ['row', 'fault', 'result', 'cases', 'figures'];

/** The run's table for a terminal. */
export function table(results: readonly RowResult[]): string {
  const lines = ids().flatMap((id): readonly (readonly string[])[] => {
    const own = results.filter((result) => result.id === id);
    if (own.length === 0) return [[id, ROWS[id], elsewhere(id) ?? 'not run', '', '']];
    return own.map(({ passed, cases, figures, seconds }, index) => [
      index === 0 ? id : '',
      index === 0 ? ROWS[id] : '',
      `${passed ? 'ok' : 'FAILED'} ${seconds} s`,
      initials(cases),
      figures,
    ]);
  });
  const rows = [HEAD, ...lines];
  const widths = HEAD.map((_, column) => Math.min(72, Math.max(...rows.map((line) => line[column]?.length ?? 0))));
  return rows
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** docs/faults.md. */
export function page(results: readonly RowResult[]): string {
  const lines = ids().flatMap((id) => {
    const own = namedTests().filter((test) => test.id === id);
    if (own.length === 0) return [`| ${id} | ${ROWS[id]} | | | ${elsewhere(id) ?? 'not run'} | |`];
    return own.map(({ sentence }) => {
      const result = results.findLast((one) => one.test === `${id} ${sentence}`);
      const [injected, cases, outcome, figures] =
        result === undefined
          ? ['', '', 'not run', '']
          : [result.injected, result.cases.join(', '), result.passed ? 'passed' : 'FAILED', result.figures.replace(/[|\n]/g, ' ')];
      return [`| ${id} | ${ROWS[id]}`, injected, cases, `${outcome}: ${sentence}`, `${figures} |`].join(' | ');
    });
  });
  // Of several runs of a test the last one counts.
  const passed = namedTests().filter(({ id, sentence }) => results.findLast(({ test }) => test === `${id} ${sentence}`)?.passed).length;
  return [
    '# Fault matrix',
    '',
    'Made by `UPDATE_FAULTS=1 npm run test:faults` from a run; `test/unit/faults/rows.test.ts` fails when a row or a test is missing here.',
    '',
    'Each test runs the real operator as a process against a real API server (etcd, controller manager) through a proxy that makes the',
    'fault. It is compared with a run without faults on the same server:',
    '',
    '- the end state is the same: every object of the stack, the injected workload, the status of the TelemetryStack; all fields but UIDs, versions and times;',
    '- each object was created and deleted as often, and a workload rolled out as often (`deployment.kubernetes.io/revision`);',
    '- then there is silence: no write for the seconds that the figures give, and no error on the operator’s standard error;',
    '- heap after a collection and open descriptors stay within 12 MiB and 24 of the run without faults.',
    '',
    '`create` installs the stack, `update` changes its spec, `prune` takes Grafana out, `delete` deletes the TelemetryStack, `inject` turns',
    'telemetry on in a Deployment and off again.',
    '',
    `${passed} of ${namedTests().length} tests passed; each line is the last run of its test.`,
    '',
    '| row | fault | injected | cases | result | figures |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

function ids(): readonly RowId[] {
  return Object.keys(ROWS) as RowId[];
}

function elsewhere(id: RowId): string | undefined {
  const place = ELSEWHERE[id];
  return place && `${place.command} (${place.file})`;
}

function initials(cases: RowResult['cases']): string {
  return ALL_CASES.map((one) => (cases.includes(one) ? one[0] : '-')).join('');
}
