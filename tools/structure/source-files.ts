import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SourceFile, sourceFile } from './source-file.ts';

/** At the top of the repository: what was installed, built or rendered. */
const NOT_OURS = ['node_modules', 'build', 'dist', 'coverage', '.duotel', '.git'];

/**
 * Every file of the repository in a language that people write here, with its imports, whatever folder it is in.
 * @param root absolute path of the repository.
 */
export function sourceFiles(root: string): readonly SourceFile[] {
  return globSync('**/*.{ts,js,cjs,mjs,py,sh}', { cwd: root, exclude: NOT_OURS })
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}
