import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { NeedsPlace } from '../../manifests/place-needs.ts';
import type { ManifestText } from '../../manifests/stream.ts';

/** Where `--configmaps` puts the ConfigMaps that pods mount; undefined: nowhere. A file that does not exist yet counts as empty. */
export function needsPlace(inputs: readonly ManifestText[], path: string | undefined): NeedsPlace | undefined {
  if (path === undefined || path === 'none') return undefined;
  const index = inputs.findIndex(({ name }) => fileId(name) === fileId(path));
  const [file = { name: path, text: '' }] = index >= 0 ? inputs.slice(index) : existsSync(path) ? readManifests([path], false) : [];
  if (file.name !== path && index < 0) throw new Error(`--configmaps ${path}: is a folder, expected a file`);
  const folder = dirname(path);
  if (!existsSync(folder)) throw new Error(`--configmaps ${path}: there is no folder ${folder}`);
  if (path.endsWith('.json') || file.text.trimStart().startsWith('{'))
    throw new Error(`--configmaps ${path}: is JSON, and no document can be appended to JSON: name a YAML file`);
  return { file, input: index < 0 ? undefined : index };
}

/** Equal for two paths that lead to one file. */
function fileId(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

/**
 * The texts of files, each once, of the `.yaml`, `.yml` and `.json` files of folders in the order of their names, and of standard input (`-`).
 * @throws Error naming what can not be read.
 */
export function readManifests(paths: readonly string[], recursive: boolean): readonly ManifestText[] {
  const found = paths.flatMap((path) => read(path, recursive));
  // A file that is named twice would be written twice.
  const ids = found.map(({ name }) => fileId(name));
  return found.filter((_, index) => ids.indexOf(ids[index] ?? '') === index);
}

function read(path: string, recursive: boolean): readonly ManifestText[] {
  if (path === '-') return [{ name: '<stdin>', text: readFileSync(0, 'utf8') }];
  try {
    if (!statSync(path).isDirectory()) return [{ name: path, text: readFileSync(path, 'utf8') }];
  } catch (error) {
    throw new Error(`${path}: can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const found = globSync(`${recursive ? '**/' : ''}*.{yaml,yml,json}`, { cwd: path }).sort();
  if (found.length === 0)
    throw new Error(`${path}: the folder holds no .yaml, .yml or .json file${recursive ? '' : '; -R looks into its folders'}`);
  return found.map((name) => ({ name: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
}
