/** `npm run test:stress -- PATTERN`: suites run several times beside a busy loop on each core. See --help (options.ts). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, globSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, say } from '../../tools/lib/progress.ts';
import { ToolError } from '../../tools/lib/tool-error.ts';
import { readSuiteResults } from '../support/reporting/suite-result.ts';
import { BusyLoops } from './busy-loops.ts';
import { parseOptions } from './options.ts';
import { type Selection, select } from './selection.ts';
import { failedNames, passed, type StressRun, tallyText } from './tally.ts';

const LOGS = '.duotel/stress';

/** The tier's own command. test/faults/run.ts takes patterns that begin in its folder. */
function command({ tier, suites }: Selection): readonly string[] {
  const patterns = tier === 'faults' ? suites.map((suite) => suite.replace('test/faults/', '')) : suites;
  return ['run', '--silent', tier === 'checks' ? 'check:manifests' : `test:${tier}`, '--', ...patterns];
}

/** Runs them once; the output goes to `log`. */
async function runOnce(selection: Selection, log: string, stop: AbortSignal): Promise<StressRun> {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-stress-'));
  const output = openSync(log, 'w');
  try {
    const env = { ...process.env, DUOTEL_TEST_RESULTS: folder };
    const child = spawn('npm', command(selection), { stdio: ['ignore', output, output], detached: true, env });
    // To the whole group: npm and the shell that it starts do not pass a signal on to the tests, which have clusters to end.
    const forward = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
    };
    stop.addEventListener('abort', forward, { once: true });
    const [code] = (await once(child, 'exit')) as [number | null];
    stop.removeEventListener('abort', forward);
    return { code: code ?? 1, suites: readSuiteResults(folder) };
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { patterns, tier, times, loops: asMany } = parseOptions(process.argv.slice(2), availableParallelism());
  const selection = select(patterns, tier, globSync('test/*/**/*.test.ts').sort());
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  mkdirSync(LOGS, { recursive: true });
  const loops = BusyLoops.start(asMany);
  const runs: StressRun[] = [];
  try {
    const what = selection.suites.length === 0 ? `all of ${selection.tier}` : selection.suites.join(' ');
    say(`${what}, ${times} times${asMany > 0 ? `, beside busy loops: processes ${loops.pids.join(', ')}` : ''}`);
    while (runs.length < times && !stop.signal.aborted) {
      const log = join(LOGS, `${selection.tier}-${process.pid}-${runs.length + 1}.log`);
      const started = performance.now();
      const run = await runOnce(selection, log, stop.signal);
      if (stop.signal.aborted) break;
      runs.push(run);
      const title = `run ${runs.length} of ${times}: ${formatDuration(performance.now() - started)}`;
      if (passed(run)) {
        say(`${title}, passed`);
        rmSync(log);
      } else {
        say(`${title}, FAILED, output in ${log}`);
        for (const name of failedNames(run)) say(`  ${name}`);
      }
    }
  } finally {
    await loops.end();
  }
  if (runs.length > 0) process.stdout.write(`\n${tallyText(runs)}\n`);
  process.exitCode = stop.signal.aborted ? 130 : runs.every(passed) ? 0 : 1;
}

await main().catch((error: unknown) => {
  if (!(error instanceof ToolError)) throw error;
  say(`error: ${error.message}`);
  process.exitCode = 1;
});
