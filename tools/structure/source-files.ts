import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAYERS } from './layers.ts';
import { type SourceFile, sourceFile } from './source-file.ts';

/**
 * Every TypeScript file of the folders that {@link LAYERS} names, with its imports.
 * @param root absolute path of the repository.
 */
export function sourceFiles(root: string): readonly SourceFile[] {
  const tops = [...new Set(LAYERS.map(({ folder }) => folder.split('/')[0] ?? ''))];
  return globSync(
    tops.map((top) => `${top}/**/*.ts`),
    { cwd: root },
  )
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}
