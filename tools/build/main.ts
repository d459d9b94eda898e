import { createWriteStream } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { archiveEntries } from '../images/archive.ts';
import { ensureImages, LOCAL_IMAGE_NAMES, type LocalImage } from '../images/images.ts';
import { tar } from '../images/tar.ts';
import { step } from '../lib/progress.ts';
import { runCommand } from '../lib/run-command.ts';
import { ToolError } from '../lib/tool-error.ts';
import { BINARIES, BINARY_NAMES, type BinaryName, binariesOf, DEFAULT_TIERS, isBinaryName, isTier, TIERS, type Tier } from './binaries.ts';
import { availableBinary, binary, ensureBinaries } from './binary.ts';

type Output = 'table' | 'json';

/** The tiers named, or the default ones when none is. Throws ToolError on a name that is no tier. */
export function parseTiers(names: readonly string[]): readonly Tier[] {
  const wrong = names.find((name) => !isTier(name));
  if (wrong !== undefined) throw new ToolError(`"${wrong}" is no tier`, `tiers are ${TIERS.join(', ')}`);
  return names.length === 0 ? DEFAULT_TIERS : names.filter(isTier);
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
    'Builds the real binaries and images that tests, the demo and the embedded cluster use.',
  );
  const output = ['--output <format>', 'table or json', 'table'] as const;
  command
    .command('build')
    .description(`build the binaries of the tiers (${TIERS.join(', ')}; default: ${DEFAULT_TIERS.join(', ')}) into the cache`)
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
  command
    .command('images')
    .description(`make the local images (${LOCAL_IMAGE_NAMES.join(', ')}; default: all) and say where their layers are`)
    .argument('[image...]')
    .option('--archive <file>', 'also write them as one `docker save` archive, for docker load, ctr, kind or minikube')
    .option(...output)
    .action(async (names: string[], options: { output: Output; archive?: string }) => {
      const images = await ensureImages(names.length === 0 ? LOCAL_IMAGE_NAMES : names.map(knownImage));
      const { archive } = options;
      if (archive !== undefined)
        await step(`writing ${archive}`, () => pipeline(Readable.from(tar(archiveEntries(images))), createWriteStream(archive)));
      print(
        options.output,
        images.map(({ reference, layers }) => ({
          reference,
          megabytes: (layers.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(0),
          layers: layers.map(({ path }) => basename(dirname(path))).join(' '),
        })),
      );
    });
  return command;
}

function knownImage(name: string): LocalImage {
  const known = LOCAL_IMAGE_NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new ToolError(`"${name}" is no image of tools/images/images.ts`, `images are ${LOCAL_IMAGE_NAMES.join(', ')}`);
}

function knownBinary(name: string): BinaryName {
  if (isBinaryName(name)) return name;
  throw new ToolError(`"${name}" is no binary of tools/build/binaries.ts`, `binaries are ${BINARY_NAMES.join(', ')}`);
}

if (import.meta.main) {
  await runCommand(program());
}
