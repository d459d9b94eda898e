import { globSync, readFileSync } from 'node:fs';
import { ELSEWHERE } from './rows.ts';

/** Row id and sentence of each test of the matrix, read from the files: a test that was not run is missing from no list. */
export function namedTests(): readonly { readonly id: string; readonly sentence: string }[] {
  const texts = globSync('test/faults/*.test.ts').map((file) => readFileSync(file, 'utf8'));
  const here = texts.flatMap((text) =>
    [...text.matchAll(/^row\(\s*'([A-I]\d)',\s*'([^']+)'/gm)].map(([, id = '', sentence = '']) => ({ id, sentence })),
  );
  const elsewhere = Object.entries(ELSEWHERE).map(([id, { sentence }]) => ({ id, sentence }));
  return [...here, ...elsewhere].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
