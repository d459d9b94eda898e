/**
 * `npm run test:faults`: synthesizes and bundles once, runs the tests of this folder, prints the table of rows.
 * UPDATE_FAULTS=1 writes docs/faults.md, from a run of all of them. Arguments are patterns of files; DUOTEL_FAULTS_SILENCE shortens the
 * 60 seconds in which nothing may be written after each fault, for work on a test.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../support/cluster/installation.ts';
import { elsewhereResults, type JestReport } from './support/elsewhere-results.ts';
import { page, table } from './support/report.ts';
import type { RowResult } from './support/row-result.ts';
import { ELSEWHERE } from './support/rows.ts';

const patterns = process.argv.slice(2);
const update = process.env['UPDATE_FAULTS'] === '1';
if (update && patterns.length > 0)
  throw new Error('docs/faults.md is written from a run of all rows: UPDATE_FAULTS=1 goes without a pattern');

/** Files run side by side: each has a control plane of its own, and most of a fault, and all of the silence after it, is waiting. */
const workers = Math.max(3, Math.round(availableParallelism() * 2.5));
const begun = performance.now();
const started = new Date().toISOString();
const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
const folder = mkdtempSync(join(tmpdir(), 'duotel-faults-run-'));
const [program, results, report] = [join(folder, 'operator.mjs'), join(folder, 'results.jsonl'), join(folder, 'jest.json')];
const dist = synthesize();
try {
  // A copy: the tests run for minutes, and sources may change meanwhile.
  copyFileSync('build/operator.mjs', program);
  writeFileSync(results, '');
  const code = await jest({
    DUOTEL_FAULTS_PROGRAM: program,
    DUOTEL_FAULTS_DIST: dist.dist,
    DUOTEL_FAULTS_RESULTS: results,
    DUOTEL_FAULTS_CACHE: join(folder, 'compiled'),
  });
  const lines = readFileSync(results, 'utf8').split('\n').filter(Boolean);
  const rows = [
    ...lines.map((line) => JSON.parse(line) as RowResult),
    ...(existsSync(report) ? elsewhereResults(JSON.parse(readFileSync(report, 'utf8')) as JestReport) : []),
  ];
  const run = {
    commit,
    started,
    seconds: (performance.now() - begun) / 1000,
    workers,
    cpus: availableParallelism(),
    load: loadavg()[0] ?? 0,
  };
  process.stdout.write(`\n${table(rows)}\n\n${run.seconds.toFixed(0)} s, commit ${commit}\n`);
  if (update) writeFileSync('docs/faults.md', page(rows, run));
  process.exitCode = code;
} finally {
  dist.remove();
  rmSync(folder, { recursive: true, force: true });
}

function jest(env: Readonly<Record<string, string>>): Promise<number> {
  const files = Object.values(ELSEWHERE).map(({ file }) => file);
  const beside = files.filter((file) => patterns.length === 0 || patterns.some((pattern) => new RegExp(pattern).test(file)));
  const projects = ['faults', ...new Set(beside.map((file) => file.split('/')[1] ?? ''))];
  const wanted = [...(patterns.length === 0 ? ['test/faults/'] : patterns.map((pattern) => `test/faults/.*(?:${pattern})`)), ...beside];
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...['--json', `--outputFile=${report}`, `--maxWorkers=${workers}`],
      ...['--selectProjects', ...projects, '--', ...wanted],
    ],
    { stdio: 'inherit', env: { ...process.env, ...env } },
  );
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
