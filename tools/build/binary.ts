import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheRoot, storeOnce } from '../lib/cache.ts';
import { withLock } from '../lib/lock.ts';
import { say, step } from '../lib/progress.ts';
import { run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { BINARIES, type BinaryName, binariesOf, MODULES, type ModuleName, type Tier } from './binaries.ts';
import { goToolchain } from './go-toolchain.ts';
import { installedBinary } from './installed.ts';
import { moduleFolder, moduleKey, readModuleInput } from './module-key.ts';

export interface BinaryOptions {
  /** Take an installed program of the right version if there is one. Default true; images need our static build. */
  readonly allowInstalled?: boolean;
}

/** A cold build of one module took 12 minutes on two shared cores; a waiter may stand behind several. */
const BUILD_LIMIT_MS = 40 * 60_000;
const LOCK_WAIT_MS = 60 * 60_000;
const ATTEMPTS = 3;

/** Path of a binary, built from `tools/go/` if neither this machine nor the cache has it. */
export async function binary(name: BinaryName, options: BinaryOptions = {}): Promise<string> {
  return (await ensureBinaries([name], options))[name];
}

/** Paths of all binaries of a tier, building what is missing. */
export async function ensureTier(tier: Tier, options: BinaryOptions = {}): Promise<Readonly<Record<string, string>>> {
  return ensureBinaries(binariesOf(tier), options);
}

/** Paths of the binaries named, building what is missing: one `go build` for all of the same module, so that they share the compile time. */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  options: BinaryOptions = {},
): Promise<Readonly<Record<Name, string>>> {
  const paths: Partial<Record<Name, string>> = {};
  const missing = new Map<ModuleName, Name[]>();
  for (const name of names) {
    const path = (options.allowInstalled === false ? undefined : await installedBinary(name)) ?? (await cachedBinary(name));
    if (path !== undefined) paths[name] = path;
    else missing.set(BINARIES[name].module, [...(missing.get(BINARIES[name].module) ?? []), name]);
  }
  for (const [module, wanted] of missing) {
    await withLock(join(cacheRoot(), 'build.lock'), `go build of ${wanted.join(', ')}`, LOCK_WAIT_MS, () => buildModule(module, wanted));
    for (const name of wanted) paths[name] = await finalPath(name);
  }
  return paths as Record<Name, string>;
}

/** Path of a binary that is there without building, or undefined. */
export async function availableBinary(name: BinaryName): Promise<string | undefined> {
  return (await installedBinary(name)) ?? (await cachedBinary(name));
}

async function cachedBinary(name: BinaryName): Promise<string | undefined> {
  const path = await finalPath(name);
  return existsSync(path) ? path : undefined;
}

async function finalPath(name: BinaryName): Promise<string> {
  const { module } = BINARIES[name];
  const { description } = await goToolchain();
  return join(cacheRoot(), 'bin', moduleKey(module, readModuleInput(module, description)), name);
}

async function buildModule(module: ModuleName, names: readonly BinaryName[]): Promise<void> {
  const finals = new Map<BinaryName, string>();
  for (const name of names) finals.set(name, await finalPath(name));
  // Another process may have built them while this one waited for the lock.
  const still = names.filter((name) => !existsSync(finals.get(name) ?? ''));
  if (still.length === 0) return;
  const output = join(cacheRoot(), 'bin', `.build-${module}-${process.pid}`);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  try {
    await step(`building ${still.join(', ')} (Go module ${module})`, (note) => goBuild(module, still, output, note));
    for (const name of still) {
      await storeOnce(finals.get(name) ?? '', async (temporary) => renameSync(join(output, BINARIES[name].goOutput), temporary));
    }
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

async function goBuild(module: ModuleName, names: readonly BinaryName[], output: string, note: (text: string) => void): Promise<void> {
  const { command } = await goToolchain();
  const { tags, ldflags } = MODULES[module];
  // CGO_ENABLED=0: the binaries become images without a dynamic loader. -mod=readonly: `go mod tidy` needs test-only modules that may not be served.
  const args = ['build', '-v', '-mod=readonly', '-trimpath', '-buildvcs=false', '-tags', tags, '-o', `${output}/`, `-ldflags=${ldflags}`];
  for (let attempt = 1; ; attempt++) {
    let compiled = 0;
    let downloaded = 0;
    const result = await run('nice', ['-n', '5', command, ...args, ...names.map((name) => BINARIES[name].package)], {
      cwd: moduleFolder(module),
      env: { CGO_ENABLED: '0', GOWORK: 'off' },
      timeoutMs: BUILD_LIMIT_MS,
      onStderrLine: (line) => {
        if (line.startsWith('go: downloading')) downloaded++;
        else compiled++;
        note(`${downloaded} modules downloaded, ${compiled} packages compiled`);
      },
    });
    if (result.code === 0) return;
    if (attempt === ATTEMPTS || result.code === 124 || !isDownloadFailure(result.stderr)) {
      throw new ToolError(
        `go build in tools/go/${module} failed:\n  ${errorLines(result.stderr)}`,
        isDownloadFailure(result.stderr)
          ? 'check that the Go module proxy (`go env GOPROXY`) can be reached, then run the command again'
          : undefined,
      );
    }
    say(`module download failed (attempt ${attempt} of ${ATTEMPTS}), trying again: ${errorLines(result.stderr).split('\n')[0] ?? ''}`);
    await sleep(3_000 * attempt);
  }
}

/** Whether trying again may help: the network or the proxy failed, not the compiler. */
export function isDownloadFailure(stderr: string): boolean {
  return /dial tcp|i\/o timeout|TLS handshake|connection (reset|refused)|unexpected EOF|: 5\d\d |502 Bad|503 Serv|504 Gate|429 Too|no such host|stream error/i.test(
    stderr,
  );
}

/** The last lines that are not progress (`go: downloading ...` or bare package paths of -v). */
function errorLines(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('go: downloading') && /[\s:]/.test(line));
  return lines.slice(-12).join('\n  ');
}
