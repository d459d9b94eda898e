import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { say } from '../tools/lib/progress.ts';
import { runCommand } from '../tools/lib/run-command.ts';
import { ToolError } from '../tools/lib/tool-error.ts';
import { benchApply } from './apply.ts';
import type { Figure } from './figure.ts';
import { benchInject } from './inject.ts';
import { benchModes } from './modes.ts';
import { judge, readRanges } from './ranges.ts';
import { type BenchResult, benchMarkdown } from './report.ts';
import { benchScale } from './scale.ts';

const PARTS = ['apply', 'inject', 'scale', 'modes'] as const;
type Part = (typeof PARTS)[number];

interface Options {
  readonly runs: string;
  readonly sets: string;
  readonly deployments: string;
  readonly annotated: string;
  readonly objects: string;
  readonly settledMinutes: string;
  readonly folder: string;
  readonly output: 'table' | 'json';
  readonly check: boolean;
}

function atLeast(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least)
    throw new ToolError(`--${name} is ${JSON.stringify(text)}, expected a number from ${least} on`);
  return value;
}

function measure(part: Part, options: Options, folder: string): Promise<readonly Figure[]> {
  const settledSeconds = 60 * atLeast('settled-minutes', options.settledMinutes, 0);
  switch (part) {
    case 'apply':
      return benchApply({ folder, runs: atLeast('runs', options.runs, 1), sets: atLeast('sets', options.sets, 0) });
    case 'inject': {
      const annotated = atLeast('annotated', options.annotated, 1);
      const deployments = atLeast('deployments', options.deployments, annotated + 300);
      return benchInject({ folder, deployments, annotated, running: annotated + 300, namespaces: 50, settledSeconds });
    }
    case 'scale':
      return benchScale({ folder, objects: atLeast('objects', options.objects, 1), idleSeconds: settledSeconds });
    case 'modes':
      return benchModes({ runs: atLeast('runs', options.runs, 1) });
    default:
      return part satisfies never;
  }
}

async function main(part: Part | 'all', options: Options): Promise<void> {
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const loadBefore = loadavg()[0] ?? 0;
  const started = new Date().toISOString();
  const figures: Figure[] = [];
  for (const one of part === 'all' ? PARTS : [part]) figures.push(...(await measure(one, options, folder)));
  const result: BenchResult = {
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim(),
    started,
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', memoryGb: totalmem() / 1e9, loadBefore, loadAfter: loadavg()[0] ?? 0 },
    node: process.version,
    figures,
  };
  const verdicts = judge(figures, readRanges());
  const table = benchMarkdown(result, verdicts);
  writeFileSync(join(folder, `${part}.json`), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(folder, `${part}.md`), table);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(result, null, 1)}\n` : table);
  if (!options.check) return;
  const out = verdicts.filter(({ inRange }) => !inRange);
  for (const { figure, range } of out)
    say(`out of range: ${figure.id} is ${figure.value} ${figure.unit}, at most ${range?.max} (${range?.provenance})`);
  if (out.length > 0) process.exitCode = 1;
}

if (import.meta.main) {
  // An exit ends the processes that were started; a signal's default would leave them.
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  await runCommand(
    new Command('bench')
      .description(
        'Measures Duotel against kubectl and Helm on a real control plane of this machine, and what the producers add to an app.',
      )
      .argument('[part]', `${PARTS.join(', ')} or all`, 'all')
      .option('--runs <number>', 'apply and modes: runs of the single set, or of each program; figures are medians', '5')
      .option('--sets <number>', 'apply: sets of 40 objects of the large run; 0: none', '100')
      .option('--deployments <number>', 'inject: Deployments in 50 namespaces', '5000')
      .option('--annotated <number>', 'inject: of them annotated', '500')
      .option('--objects <number>', 'scale: objects in the cluster', '10000')
      .option('--settled-minutes <number>', 'inject and scale: how long a settled cluster is listened to', '1')
      .option('--folder <path>', 'where results and logs go', '.duotel/bench')
      .addOption(new Option('--output <format>', 'what is printed').choices(['table', 'json']).default('table'))
      .option('--check', 'exit with 1 when a figure is out of the range of bench/ranges.json', false)
      .action((part: string, options: Options) => {
        const known = [...PARTS, 'all'].find((one) => one === part);
        if (known === undefined) throw new ToolError(`"${part}" is no part of the benchmark`, `parts are ${PARTS.join(', ')}, all`);
        return main(known as Part | 'all', options);
      }),
  );
}
