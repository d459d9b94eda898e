import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compares a text with the file that holds what it should be, and returns nothing when they are equal. With UPDATE_GOLDEN=1 in the
 * environment the file is written instead: read the difference before you commit it.
 */
export function matchGolden(path: URL, actual: string): void {
  const file = fileURLToPath(path);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  const name = relative(process.cwd(), file);
  if (!existsSync(file)) throw new Error(`${name} does not exist: run UPDATE_GOLDEN=1 npm run test:golden`);
  const expected = readFileSync(file, 'utf8');
  if (expected === actual) return;
  const lines = { expected: expected.split('\n'), actual: actual.split('\n') };
  const first = lines.actual.findIndex((line, index) => line !== lines.expected[index]);
  const index = first < 0 ? lines.actual.length : first;
  throw new Error(
    `${name}:${index + 1} differs\n  expected: ${lines.expected[index] ?? '(end of file)'}\n  actual:   ${lines.actual[index] ?? '(end of file)'}\n` +
      'If this is meant, run UPDATE_GOLDEN=1 npm run test:golden and read the difference.',
  );
}
