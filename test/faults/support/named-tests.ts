import { globSync, readFileSync } from 'node:fs';

/** Row id and sentence of each test of this folder, read from the files: a test that was not run is missing from no list. */
export function namedTests(): readonly { readonly id: string; readonly sentence: string }[] {
  const texts = globSync('test/faults/*.test.ts').map((file) => readFileSync(file, 'utf8'));
  return texts
    .flatMap((text) => [...text.matchAll(/^row\(\s*'([A-I]\d)',\s*'([^']+)'/gm)].map(([, id = '', sentence = '']) => ({ id, sentence })))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
