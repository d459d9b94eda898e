import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The release of uv that is installed when there is none on PATH. Plain pip's resolver did not finish on OpenLIT and llama-index. */
export const UV_VERSION = '0.13.9';
/** Oldest Python that the example's packages (openinference-instrumentation) have wheels for. */
const PYTHON_MINIMUM = [3, 10] as const;
const INSTALL_TIMEOUT_MS = 480_000;

export type Report = (line: string) => void;

/** Folder for Python environments, kept between runs: `${XDG_CACHE_HOME:-~/.cache}/duotel/python`. */
export function pythonCache(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'duotel', 'python');
}

/** Name of an environment: changes with the requirements, the uv version and the interpreter, so a stale one is never used. */
export function environmentKey(requirements: readonly string[], python: string): string {
  return createHash('sha256')
    .update(JSON.stringify([UV_VERSION, python, ...requirements]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Path of a working `uv`: the one on PATH, else `uv==UV_VERSION` in a virtual environment of the cache.
 * @throws Error that names the command to run by hand when Python or its `venv` module is missing.
 */
export async function ensureUv(report: Report = () => {}): Promise<string> {
  const found = await onPath('uv');
  if (found !== undefined) return found;
  const home = join(pythonCache(), `uv-${UV_VERSION}`);
  const uv = join(home, 'bin', 'uv');
  if (await exists(uv)) return uv;
  report(`installing uv ${UV_VERSION} into ${home}`);
  const python = await ensurePython();
  await makeOnce(home, async (target) => {
    await command(python.path, ['-m', 'venv', target], 'on Debian and Ubuntu: apt-get install python3-venv');
    await command(join(target, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `uv==${UV_VERSION}`]);
  });
  return uv;
}

/**
 * Interpreter of a virtual environment with exactly these requirements (text in the format of requirements.txt, every version pinned), made once and then reused.
 * @throws Error when a package cannot be installed; nothing half-made is left in the cache.
 */
export async function ensurePythonEnvironment(requirements: readonly string[], report: Report = () => {}): Promise<string> {
  const python = await ensurePython();
  const home = join(pythonCache(), environmentKey(requirements, python.version));
  const interpreter = join(home, 'bin', 'python');
  if (await exists(join(home, 'complete'))) return interpreter;
  const uv = await ensureUv(report);
  report(`installing Python packages into ${home} (about 20 s, 1 GB)`);
  await makeOnce(home, async (target) => {
    await command(uv, ['venv', '--quiet', '--python', python.path, '--relocatable', target]);
    const file = join(target, 'requirements.txt');
    await writeFile(file, requirements.join('\n'));
    await command(uv, ['pip', 'install', '--quiet', '--python', join(target, 'bin', 'python'), '--requirements', file]);
    await writeFile(join(target, 'complete'), '');
  });
  return interpreter;
}

/** `python3` of PATH with its full version. @throws Error when it is missing or older than {@link PYTHON_MINIMUM}. */
export async function ensurePython(): Promise<{ readonly path: string; readonly version: string }> {
  const wanted = PYTHON_MINIMUM.join('.');
  const program = await onPath('python3');
  if (program === undefined) throw new Error(`python3: not on PATH; install Python ${wanted} or newer`);
  const { stdout } = await run(program, ['-c', 'import sys; print(sys.executable, "%d.%d.%d" % sys.version_info[:3])'], {
    timeout: 30_000,
  });
  const match = /^(.+) (\d+)\.(\d+)\.(\d+)$/.exec(stdout.trim());
  const [, path = program, major = '0', minor = '0', patch = '0'] = match ?? [];
  if (Number(major) < PYTHON_MINIMUM[0] || (Number(major) === PYTHON_MINIMUM[0] && Number(minor) < PYTHON_MINIMUM[1])) {
    throw new Error(`python3: ${program} is ${major}.${minor}.${patch}, expected ${wanted} or newer; put a newer one first on PATH`);
  }
  return { path, version: `${major}.${minor}.${patch}` };
}

/** Builds a folder beside its final place and renames it, so that an interrupted or a second concurrent run never shows a half-made one. */
async function makeOnce(home: string, make: (target: string) => Promise<void>): Promise<void> {
  const target = `${home}.${process.pid}.partial`;
  await mkdir(dirname(home), { recursive: true });
  try {
    await make(target);
    await rename(target, home).catch(async (error: unknown) => {
      if (!(await exists(home))) throw error;
    });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function command(program: string, args: readonly string[], hint?: string): Promise<void> {
  try {
    await run(program, args, { timeout: INSTALL_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().slice(-2000) : String(error);
    throw new Error(`${program} ${args.join(' ')}: failed: ${stderr}${hint === undefined ? '' : ` (${hint})`}`, { cause: error });
  }
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && (await exists(file))) return file;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
