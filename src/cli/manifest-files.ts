import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ManifestText } from '../manifests/stream.ts';

/**
 * The texts of files, of the `.yaml`, `.yml` and `.json` files of folders in the order of their names, and of standard input (`-`).
 * @throws Error naming what can not be read.
 */
export function readManifests(paths: readonly string[], recursive: boolean): readonly ManifestText[] {
  return paths.flatMap((path) => {
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
  });
}
