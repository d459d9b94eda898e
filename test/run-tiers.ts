/**
 * `npm test`: every tier but the e2e, those that need less first. A tier that fails does not keep the later ones from being run, so that
 * one run says all that is wrong; `npm test -- --bail` ends at the first. The last lines name the tests that failed. Exits with 1 when a
 * tier failed, 130 after an interrupt.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say } from '../tools/lib/progress.ts';
import { readSuiteResults } from './support/reporting/suite-result.ts';
import { summary } from './support/reporting/summary.ts';
import { type TierResult, writeTierResult } from './support/reporting/tier-result.ts';

const TIERS = ['lint', 'test:unit', 'test:golden', 'test:cluster', 'check:manifests', 'test:gitops'];

const unknown = process.argv.slice(2).filter((argument) => argument !== '--bail');
if (unknown.length > 0) {
  say(`npm test takes no ${unknown.join(' ')}, only --bail; to run a part: npm run ${TIERS.join(' | npm run ')}`);
  process.exit(2);
}
const bail = process.argv.includes('--bail');

// .ci/run names a folder, to sum up more than `npm test`.
const given = process.env['DUOTEL_TEST_RESULTS'];
const folder = given ?? mkdtempSync(join(tmpdir(), 'duotel-test-results-'));
let interrupted = false;
const results: TierResult[] = [];
for (const tier of TIERS) {
  const started = performance.now();
  say(`\n== npm run ${tier}`);
  const env = { ...process.env, DUOTEL_TEST_RESULTS: folder };
  const child = spawn('npm', ['run', '--silent', tier], { stdio: 'inherit', detached: true, env });
  // To the whole group: npm and the shell that it starts do not pass a signal on to the tests, which have clusters to end.
  const forward = (signal: NodeJS.Signals) => {
    interrupted = true;
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
  const outcome = interrupted ? 'interrupted' : code === 0 ? 'passed' : 'FAILED';
  const result: TierResult = { tier, outcome, milliseconds: performance.now() - started };
  results.push(result);
  writeTierResult(folder, result);
  if (interrupted || (bail && code !== 0)) break;
}

say(`\n${summary(TIERS, results, readSuiteResults(folder))}`);
if (given === undefined) rmSync(folder, { recursive: true, force: true });
process.exitCode = interrupted ? 130 : results.every(({ outcome }) => outcome === 'passed') ? 0 : 1;
