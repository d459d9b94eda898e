import { existsSync, readFileSync } from 'node:fs';

/** The values of a file with one JSON value a line, in their order; empty when there is no file. */
export function readJsonLines<T>(file: string): readonly T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T);
}
