import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSETS } from './assets.ts';

/** Whole folders, so that nothing that a bundle holds can be forgotten here: the dashboards, for one, are rendered while it is built. */
const SOURCES: readonly string[] = [
  'api/**/*.ts',
  'bootstrap/**/*.ts',
  'charts/**/*.ts',
  'crds/*.yaml',
  'imports/**/*.ts',
  'src/**/*.ts',
  'tools/bundle/**/*.ts',
];

/** Libraries, in the versions that are installed, and what is told of this package. */
const PACKAGE: readonly string[] = ['package.json', 'package-lock.json'];

/** Changes when anything that the bundles are made from does. */
export function inputHash(root: string): string {
  const paths = [...new Set([...globSync([...SOURCES], { cwd: root }), ...ASSETS, ...PACKAGE])].sort();
  const hash = createHash('sha256');
  for (const path of paths)
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}
