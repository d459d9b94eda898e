import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { say } from '../lib/progress.ts';
import { runCommand } from '../lib/run-command.ts';
import { ToolError } from '../lib/tool-error.ts';
import { passed, type SoakResult, soakMarkdown } from './report.ts';
import { soak } from './soak.ts';

interface Options {
  readonly hours: string;
  readonly minutes: string;
  readonly workloads: string;
  readonly stacks: string;
  readonly rate: string;
  readonly cutMinutes: string;
  readonly seed: string;
  readonly report: string;
  readonly output: 'table' | 'json';
}

function atLeast(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least)
    throw new ToolError(`--${name} is ${JSON.stringify(text)}, expected a number from ${least} on`);
  return value;
}

function write(folder: string, result: SoakResult): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(folder, 'report.md'), soakMarkdown(result));
}

async function main(options: Options): Promise<void> {
  const minutes = atLeast('hours', options.hours, 0) * 60 + atLeast('minutes', options.minutes, 0);
  if (minutes === 0) throw new ToolError('the time is 0', 'npm run soak -- --hours 2');
  const report = resolve(options.report);
  const folder = join(report, 'work');
  mkdirSync(folder, { recursive: true });
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (interrupt.signal.aborted) process.exit(130);
      say('interrupted: ending the churn (once more: end at once)');
      interrupt.abort();
    });
  }
  const result = await soak({
    minutes,
    workloads: atLeast('workloads', options.workloads, 1),
    stacks: atLeast('stacks', options.stacks, 1),
    changesPerSecond: atLeast('rate', options.rate, 0.01),
    cutMinutes: atLeast('cut-minutes', options.cutMinutes, 0),
    seed: atLeast('seed', options.seed, 0),
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim(),
    folder,
    signal: interrupt.signal,
  });
  write(report, result);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(result, null, 1)}\n` : soakMarkdown(result));
  say(`written: ${report}/report.md, report.json`);
  process.exitCode = passed(result) ? 0 : 1;
}

if (import.meta.main) {
  await runCommand(
    new Command('soak')
      .description('Runs the operator for hours against a real API server under churn; says whether it lost, leaked or looped.')
      .option('--hours <number>', 'how long', '0')
      .option('--minutes <number>', 'how long, added to --hours', '0')
      .option('--workloads <number>', 'Deployments that are churned', '200')
      .option('--stacks <number>', 'TelemetryStacks', '5')
      .option('--rate <number>', 'changes a second', '1')
      .option('--cut-minutes <number>', "cut the operator's connections this often; 0: never", '10')
      .option('--seed <number>', 'seed of the churn', '1')
      .option('--report <folder>', 'where report.md, report.json and the logs go', '.duotel/soak')
      .option('--output <format>', 'table or json', 'table')
      .action(main),
  );
}
