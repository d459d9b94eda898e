/**
 * `npm run test:faults`: synthesizes and bundles once, runs the tests of this folder, prints the table of rows.
 * UPDATE_FAULTS=1 writes docs/faults.md from the run. Arguments go to jest.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { page, table } from './support/report.ts';
import type { RowResult } from './support/row-result.ts';

const begun = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'duotel-faults-run-'));
const program = process.env['DUOTEL_FAULTS_PROGRAM'] ?? join(folder, 'duotel.mjs');
// Named by the caller, it collects the results of several runs of a few files each.
const results = process.env['DUOTEL_FAULTS_RESULTS'] ?? join(folder, 'results.jsonl');
writeFileSync(results, '', { flag: 'a' });
let dist: { readonly dist: string; readonly remove: () => void } | undefined;
try {
  if (process.env['DUOTEL_FAULTS_PROGRAM'] === undefined) {
    // A copy: the tests run for minutes, and sources may change meanwhile.
    const { programArchive } = await import('../../tools/bundle.ts');
    await programArchive();
    copyFileSync('build/duotel.mjs', program);
  }
  if (process.env['DUOTEL_FAULTS_DIST'] === undefined) {
    const { synthesize } = await import('../support/installation.ts');
    dist = synthesize();
  }
  const code = await jest({
    DUOTEL_FAULTS_PROGRAM: program,
    DUOTEL_FAULTS_DIST: dist?.dist ?? process.env['DUOTEL_FAULTS_DIST'] ?? 'dist',
    DUOTEL_FAULTS_RESULTS: results,
    DUOTEL_FAULTS_CACHE: join(folder, 'compiled'),
  });
  const lines = readFileSync(results, 'utf8').split('\n').filter(Boolean);
  const rows = lines.map((line) => JSON.parse(line) as RowResult);
  process.stdout.write(`\n${table(rows)}\n\n${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
  if (process.env['UPDATE_FAULTS'] === '1') writeFileSync('docs/faults.md', page(rows));
  process.exitCode = code;
} finally {
  dist?.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Files run side by side: each has a control plane of its own, and most of a fault is waiting. */
function jest(env: Readonly<Record<string, string>>): Promise<number> {
  const workers = Math.max(3, availableParallelism() * 2);
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const child = spawn(
    process.execPath,
    [...options, '--selectProjects', 'faults', `--maxWorkers=${workers}`, '--', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: { ...process.env, ...env },
    },
  );
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
