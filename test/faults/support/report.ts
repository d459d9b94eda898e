import { ALL_CASES } from './case.ts';
import { namedTests } from './named-tests.ts';
import type { RowResult } from './row-result.ts';
import { ROWS, type RowId } from './rows.ts';

/** How and when all rows were run. */
export interface FaultRun {
  /** What was built and tested, as `git describe` names it. */
  readonly commit: string;
  /** ISO time. */
  readonly started: string;
  readonly seconds: number;
  /** Files run side by side. */
  readonly workers: number;
  readonly cpus: number;
  /** Of the last minute of the run. */
  readonly load: number;
}

const HEAD = ['row', 'fault', 'result', 'cases', 'figures'];

/** The run's table for a terminal. */
export function table(results: readonly RowResult[]): string {
  const lines = ids().flatMap((id): readonly (readonly string[])[] => {
    const own = results.filter((result) => result.id === id);
    if (own.length === 0) return [[id, ROWS[id], 'not run', '', '']];
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
export function page(results: readonly RowResult[], run: FaultRun): string {
  const tests = namedTests();
  const lines = ids().flatMap((id) => {
    const own = tests.filter((test) => test.id === id);
    return own.map(({ sentence }) => {
      const result = results.find((one) => one.test === `${id} ${sentence}`);
      const [injected, cases, outcome, figures] =
        result === undefined
          ? ['', '', 'not run', '']
          : [result.injected, result.cases.join(', '), result.passed ? 'passed' : 'FAILED', result.figures.replace(/[|\n]/g, ' ')];
      return [`| ${id} | ${ROWS[id]}`, injected, cases, `${outcome}: ${sentence}`, `${figures} |`].join(' | ');
    });
  });
  const passed = results.filter((one) => one.passed).length;
  return [
    '# Fault matrix',
    '',
    '`UPDATE_FAULTS=1 npm run test:faults` makes this page, from one run. `test/unit/faults/rows.test.ts` fails when a row or a test is missing here, was not',
    'run or has failed.',
    '',
    'Each test runs the real operator as a process against a real API server (etcd, controller manager), through a proxy that makes the fault. H1 is the soak',
    'of [docs/soak.md](soak.md) cut short, with pods on a fake node. I2 is the upgrade test of `test/cluster`, run beside the others. In F4 the operator runs',
    'inside the test, since nothing from outside can make a render fail.',
    '',
    'Where the figures begin with faults and writes, stack and workload went through all of `create`, `inject`, `update`, `prune`, revert and `delete`. Each',
    'step is compared with a run without faults on the same server:',
    '',
    '- the end state is the same: every object of the stack, the injected workload, the status of the TelemetryStack; all fields but UIDs, versions and times;',
    '- each object was created and deleted as often, and a workload rolled out as often (`deployment.kubernetes.io/revision`);',
    '- then there is silence: no write for the seconds that the figures give, and no error on the operator’s standard error;',
    '- heap after a collection and open descriptors stay within 12 MiB and 24 of the run without faults.',
    '',
    'The other tests compare the end state in the same way, and assert what their figures say. The column `cases` says in which of the five a fault was tried:',
    '`create` installs the stack, `update` changes its spec, `prune` takes Grafana out, `delete` deletes the TelemetryStack, `inject` turns telemetry on in a',
    'Deployment and off again.',
    '',
    `${passed} of ${tests.length} tests passed, all in one run of one build: commit ${run.commit}, ${run.started}, ${(run.seconds / 60).toFixed(1)} minutes,`,
    `${run.workers} files at a time on ${run.cpus} CPUs, Node ${process.version}, load ${run.load.toFixed(1)} at its end.`,
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

function initials(cases: RowResult['cases']): string {
  return ALL_CASES.map((one) => (cases.includes(one) ? one[0] : '-')).join('');
}
