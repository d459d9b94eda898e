/**
 * `npm test`: every tier but the e2e, those that need less first. A tier that fails does not keep the later ones from being run, so that
 * one run says all that is wrong; `npm test -- --bail` ends at the first. Exits with 1 when a tier failed, 130 after an interrupt.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { formatDuration, say } from '../tools/lib/progress.ts';

const TIERS = ['lint', 'test:unit', 'test:golden', 'test:cluster', 'check:manifests', 'test:gitops'];

const unknown = process.argv.slice(2).filter((argument) => argument !== '--bail');
if (unknown.length > 0) {
  say(`npm test takes no ${unknown.join(' ')}, only --bail; to run a part: npm run ${TIERS.join(' | npm run ')}`);
  process.exit(2);
}
const bail = process.argv.includes('--bail');

let interrupted = false;
const results: { readonly tier: string; readonly outcome: string; readonly milliseconds: number }[] = [];
for (const tier of TIERS) {
  const started = performance.now();
  say(`\n== npm run ${tier}`);
  const child = spawn('npm', ['run', '--silent', tier], { stdio: 'inherit', detached: true });
  // To the whole group: npm and the shell that it starts do not pass a signal on to the tests, which have clusters to end.
  const forward = (signal: NodeJS.Signals) => {
    interrupted = true;
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
  results.push({
    tier,
    outcome: interrupted ? 'interrupted' : code === 0 ? 'passed' : 'FAILED',
    milliseconds: performance.now() - started,
  });
  if (interrupted || (bail && code !== 0)) break;
}

say('');
for (const tier of TIERS) {
  const result = results.find((one) => one.tier === tier);
  say(`${tier.padEnd(16)} ${result ? `${result.outcome}  ${formatDuration(result.milliseconds)}` : 'not run'}`);
}
process.exitCode = interrupted ? 130 : results.every(({ outcome }) => outcome === 'passed') ? 0 : 1;
