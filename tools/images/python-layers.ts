import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentKey } from '../lib/cache.ts';
import { ensurePackages, findProgram, osReleaseField } from '../lib/packages.ts';
import { run, runOk } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { ensureUv } from '../python/uv.ts';
import { type AptMirror, findAptMirror } from './apt-mirror.ts';
import type { LayerSource } from './layer.ts';
import type { TarEntry } from './tar.ts';
import { treeEntries } from './tree-entries.ts';

/** Python minor version of each release that can be the base of the Python images. */
const PYTHON_OF_RELEASE: Readonly<Record<string, string>> = { bookworm: '3.11', trixie: '3.13', noble: '3.12' };

/** What an image does not need and what would differ on every build. */
const LEFT_OUT =
  /^(dev|proc|sys|run|boot|media|mnt|srv)\/|^usr\/share\/(doc|man|locale|info|lintian|bash-completion)\/|^var\/(cache|log|lib\/apt\/lists)\/./;

export interface PythonBase {
  readonly layer: LayerSource;
  /** `3.11` */
  readonly python: string;
}

/** The base of the Python images: this machine's own release from its own apt mirror, with Python. */
export function pythonBase(): PythonBase {
  const codename = osReleaseField(readText('/etc/os-release'), 'VERSION_CODENAME');
  const python = PYTHON_OF_RELEASE[codename];
  if (python === undefined) {
    throw new ToolError(
      `this machine's release ${codename || '(unknown)'} cannot be the base of the Python images`,
      `build them on one of ${Object.keys(PYTHON_OF_RELEASE).join(', ')}, or use a cluster of yours with --context and images built from the Dockerfiles in examples/`,
    );
  }
  return { layer: debianLayer(codename), python };
}

function debianLayer(codename: string): LayerSource {
  const include = 'python3,ca-certificates';
  return {
    title: `making the ${codename} root file system with Python (debootstrap)`,
    key: [`${codename}-python`, 'debootstrap-1', include, process.arch],
    entries: async (scratch, note) => {
      const mirror = machineMirror(codename);
      const root = join(scratch, 'root');
      const command = [
        findProgram('debootstrap') ?? 'debootstrap',
        '--variant=minbase',
        `--include=${include}`,
        mirror.suite,
        root,
        mirror.uri,
      ];
      // A mount namespace of its own: /proc, which debootstrap mounts below the folder, is gone with the command however it ends.
      await runOk('unshare', ['--mount', 'nice', '-n', '5', ...command], {
        timeoutMs: 900_000,
        onStderrLine: (line) => note(line.slice(0, 60)),
      });
      return withPythonName(treeEntries(root, (path) => LEFT_OUT.test(path)));
    },
  };
}

/** Official Python images have `python`; Debian only `python3`. */
function* withPythonName(entries: Iterable<TarEntry>): Generator<TarEntry> {
  yield* entries;
  for (const name of ['python', 'python3'])
    yield { type: 'symlink', name: `usr/local/bin/${name}`, mode: 0o777, target: '/usr/bin/python3' };
}

/** Packages of Python that go into a layer of their own. */
export interface PackageSet {
  /** Names the layer for people, in the cache too. */
  readonly name: string;
  /** Text of a requirements.txt that pins every package. */
  readonly requirements: string;
}

/** The packages of a set, compiled, where the base's Python looks for packages that were not installed by apt. */
export function packagesLayer({ name, requirements }: PackageSet, python: string): LayerSource {
  return {
    title: `installing the Python packages of ${name}`,
    key: [`${name}-packages`, 'uv-2', python, process.arch, requirements],
    entries: async (scratch, note) => {
      await ensureVenv();
      const uv = await ensureUv(note);
      const folder = `usr/local/lib/python${python}/dist-packages`;
      // --python-version picks the wheels of the image's Python, whatever this machine runs; every package is pinned, as the Dockerfile says.
      const args = [
        'pip',
        'install',
        '--no-deps',
        '--no-build',
        '--link-mode=copy',
        '--target',
        join(scratch, folder),
        '--python-version',
        python,
        '--requirements',
        '-',
      ];
      const options = { input: requirements, timeoutMs: 900_000, onStderrLine: (line: string) => note(line.slice(0, 60)) };
      await runOk('nice', ['-n', '5', uv, ...args], options);
      await compile(join(scratch, folder), python, note);
      return treeEntries(scratch, (path) => /\/dist-packages\/bin(\/|$)|\.lock$/.test(path));
    },
  };
}

/** uv is installed into a virtual environment, and Debian's Python cannot make one without an extra package. */
async function ensureVenv(): Promise<void> {
  if (findProgram('uv') !== undefined) return;
  const python = findProgram('python3');
  if (python !== undefined && (await run(python, ['-c', 'import ensurepip, venv'])).code === 0) return;
  await ensurePackages([{ package: 'python3-venv', anyOf: [] }]);
}

/**
 * Byte code for every module, when this machine's Python has the image's version: pods run with a read-only file system and would
 * compile everything again at each start.
 */
async function compile(folder: string, python: string, note: (text: string) => void): Promise<void> {
  const interpreter = findProgram(`python${python}`);
  if (interpreter === undefined) return;
  note('compiling byte code');
  const args = [
    '-m',
    'compileall',
    '-q',
    '-j',
    '2',
    '-s',
    folder.replace(/\/usr\/local\/.*/, ''),
    '-p',
    '/',
    '--invalidation-mode',
    'unchecked-hash',
    folder,
  ];
  // Some packages ship templates that are no valid Python: their errors do not matter.
  await runOk('nice', ['-n', '5', 'sh', '-c', '"$@" || true', 'sh', interpreter, ...args], { timeoutMs: 600_000 });
}

/** The Python files of an example, in its working folder. */
export function exampleLayer(example: string): LayerSource {
  const folder = exampleFolder(example);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .sort();
  const files = names.map((name) => ({ name, content: readFileSync(join(folder, name)) }));
  return {
    title: `making the layer of examples/${example}`,
    key: [`${example}-app`, 'app-1', contentKey(files.flatMap(({ name, content }) => [name, content]))],
    entries: async () => [
      { type: 'directory', name: 'app', mode: 0o755 },
      ...files.map(({ name, content }): TarEntry => ({ type: 'file', name: `app/${name}`, mode: 0o644, content })),
    ],
  };
}

export function exampleFolder(example: string): string {
  return join(import.meta.dirname, '../../examples', example);
}

function machineMirror(codename: string): AptMirror {
  const folder = '/etc/apt/sources.list.d';
  const names = ['/etc/apt/sources.list', ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])];
  const mirror = findAptMirror(
    names.map((name) => ({ name, text: readText(name) })),
    codename,
  );
  if (mirror === undefined)
    throw new ToolError(`no apt source of this machine serves the suite ${codename} main`, 'add one to /etc/apt/sources.list.d');
  return mirror;
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
