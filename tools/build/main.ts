import { Command } from 'commander';
import { say } from '../lib/progress.ts';
import { ToolError } from '../lib/tool-error.ts';
import { BINARIES, BINARY_NAMES, type BinaryName, binariesOf, isBinaryName, isTier, TIERS, type Tier } from './binaries.ts';
import { availableBinary, binary, ensureBinaries } from './binary.ts';

type Output = 'table' | 'json';

/** The tiers named, or all but `scale` when none is. Throws ToolError on a name that is no tier. */
export function parseTiers(names: readonly string[]): readonly Tier[] {
  const wrong = names.find((name) => !isTier(name));
  if (wrong !== undefined) throw new ToolError(`"${wrong}" is no tier`, `tiers are ${TIERS.join(', ')}`);
  return names.length === 0 ? TIERS.filter((tier) => tier !== 'scale') : names.filter(isTier);
}

function print(output: Output, rows: readonly Readonly<Record<string, string>>[]): void {
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string) => Math.max(column.length, ...rows.map((row) => (row[column] ?? '').length));
  const line = (cell: (column: string) => string) =>
    `${columns
      .map((column) => cell(column).padEnd(width(column)))
      .join('  ')
      .trimEnd()}\n`;
  process.stdout.write(line((column) => column.toUpperCase()));
  for (const row of rows) process.stdout.write(line((column) => row[column] ?? ''));
}

function program(): Command {
  const command = new Command('tools').description(
    'Builds the real binaries that tests, the demo and the embedded cluster use, from the Go modules in tools/go.',
  );
  const output = ['--output <format>', 'table or json', 'table'] as const;
  command
    .command('build')
    .description(`build the binaries of the tiers (${TIERS.join(', ')}; default: all but scale) into the cache`)
    .argument('[tier...]')
    .option(...output)
    .action(async (tiers: string[], options: { output: Output }) => {
      const names = parseTiers(tiers).flatMap(binariesOf);
      const paths = await ensureBinaries(names);
      print(
        options.output,
        names.map((name) => ({ name, path: paths[name] })),
      );
    });
  command
    .command('list')
    .description('say which binaries there are and which are already built or installed')
    .option(...output)
    .action(async (options: { output: Output }) => {
      const rows: Record<string, string>[] = [];
      for (const name of BINARY_NAMES) {
        const { tier, module } = BINARIES[name];
        rows.push({ name, tier, module, path: (await availableBinary(name)) ?? '' });
      }
      print(options.output, rows);
    });
  command
    .command('path')
    .description('print the path of one binary, building it if needed')
    .argument('<name>')
    .option(...output)
    .action(async (name: string, options: { output: Output }) => {
      const path = await binary(knownBinary(name));
      if (options.output === 'json') print('json', [{ name, path }]);
      else process.stdout.write(`${path}\n`);
    });
  return command;
}

function knownBinary(name: string): BinaryName {
  if (isBinaryName(name)) return name;
  throw new ToolError(`"${name}" is no binary of tools/build/binaries.ts`, `binaries are ${BINARY_NAMES.join(', ')}`);
}

if (import.meta.main) {
  program()
    .parseAsync()
    .catch((error: unknown) => {
      say(error instanceof ToolError ? `error: ${error.message}` : String(error instanceof Error ? error.stack : error));
      process.exitCode = 1;
    });
}
