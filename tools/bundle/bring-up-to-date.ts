import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle-program.ts';
import { compress } from './compress.ts';
import { inputHash } from './input-hash.ts';
import { PROGRAMS } from './programs.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILD = join(ROOT, 'build');
/** The operator's program as its ConfigMaps carry it: what charts/main.ts reads. */
const ARCHIVE = 'operator.mjs.br';
/** Says of which sources the others are. */
const STAMP = 'bundle.json';

/** Builds the bundles anew unless they are of the sources as they are. */
export async function bringUpToDate(): Promise<void> {
  const hash = inputHash(ROOT);
  if (isCurrent(hash)) return;
  process.stderr.write('bundling the programs (their sources have changed) ... ');
  const started = performance.now();
  mkdirSync(BUILD, { recursive: true });
  const [commandLine, operator] = await Promise.all([bundleProgram(PROGRAMS['duotel.mjs']), bundleProgram(PROGRAMS['operator.mjs'])]);
  const archive = compress(operator.bytes);
  write('duotel.mjs', commandLine.bytes, 0o755);
  write('operator.mjs', operator.bytes, 0o755);
  write(ARCHIVE, archive);
  // Last: whoever finds it finds the others.
  write(STAMP, `${JSON.stringify({ hash })}\n`);
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(
    `command line ${kib(commandLine.bytes)}, operator ${kib(operator.bytes)}, ${kib(archive)} compressed, ${seconds.toFixed(1)} s\n`,
  );
}

function isCurrent(hash: string): boolean {
  if (![...Object.keys(PROGRAMS), ARCHIVE, STAMP].every((name) => existsSync(join(BUILD, name)))) return false;
  return (JSON.parse(readFileSync(join(BUILD, STAMP), 'utf8')) as { readonly hash?: string }).hash === hash;
}

/** Whole or not at all: several `cdk8s synth` may run side by side. */
function write(name: string, content: string | Uint8Array, mode = 0o644): void {
  const partial = join(BUILD, `${name}.${process.pid}`);
  writeFileSync(partial, content, { mode });
  renameSync(partial, join(BUILD, name));
}

function kib({ length }: Uint8Array): string {
  return `${Math.round(length / 1024)} KiB`;
}
