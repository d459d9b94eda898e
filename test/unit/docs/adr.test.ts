import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../../', import.meta.url);
const FOLDER = new URL('docs/adr/', ROOT);
const INDEX = readFileSync(new URL('README.md', FOLDER), 'utf8');
const FILES = readdirSync(FOLDER).filter((name) => name !== 'README.md');
const numberOf = (file: string): number => Number(file.slice(0, 4));
const NUMBERS = new Set(FILES.map(numberOf));

interface Citation {
  readonly file: string;
  readonly text: string;
}

/** Files of the repository that people write, with their text. Without git (an unpacked archive) there is nothing to tell them by. */
function writtenFiles(): readonly Citation[] {
  if (!existsSync(new URL('.git', ROOT))) return [];
  const listed = execFileSync('git', ['ls-files', '-z', '--', '.', ':!imports', ':!tools/go', ':!package-lock.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed
    .split('\0')
    .filter((file) => /\.(ts|js|py|md|ya?ml|sh|json)$/.test(file) && existsSync(new URL(file, ROOT)))
    .map((file) => ({ file, text: readFileSync(new URL(file, ROOT), 'utf8') }));
}

/** A number in the text after a heading of the index. */
function numbersAfter(words: string): readonly number[] {
  const [, list = ''] = new RegExp(`${words}: ([\\d, ]+)\\.`).exec(INDEX) ?? [];
  return list
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
}

describe('the decisions in docs/adr', () => {
  it.each(FILES)('%s has its number in its heading, and a line in docs/adr/README.md with its title', (file) => {
    const heading = readFileSync(new URL(file, FOLDER), 'utf8').split('\n', 1)[0] ?? '';
    const [, number, title = ''] = /^# (\d+)\. (.+)$/.exec(heading) ?? [];
    expect(Number(number)).toBe(numberOf(file));
    const row = INDEX.split('\n').find((line) => line.startsWith(`| ${number} | [${title}](${file}) | `));
    if (row === undefined) throw new Error(`docs/adr/README.md: expected a line "| ${number} | [${title}](${file}) | one line | holds |"`);
    expect(row).toMatch(/\| [^|]{10,120} \| (holds|replaced by \d+) \|$/);
  });

  it('are listed by number, and nothing else is', () => {
    const rows = [...INDEX.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(rows).toEqual([...NUMBERS].sort((a, b) => a - b));
  });

  it('have each number once, and the index says of each that has no page why', () => {
    expect(NUMBERS.size).toBe(FILES.length);
    const unused = numbersAfter('Never used');
    expect(unused.filter((number) => NUMBERS.has(number))).toEqual([]);
    const explained = new Set([...unused, ...numbersAfter('Given out, not written yet')]);
    const all = Array.from({ length: Math.max(...NUMBERS) }, (_, index) => index + 1);
    expect(all.filter((number) => !NUMBERS.has(number) && !explained.has(number))).toEqual([]);
  });

  it('that replace another are there', () => {
    const replacing = [...INDEX.matchAll(/replaced by (\d+) \|$/gm)].map(([, number]) => Number(number));
    expect(replacing.filter((number) => !NUMBERS.has(number))).toEqual([]);
  });

  it('are cited by numbers and names that there are', () => {
    const wrong = writtenFiles().flatMap(({ file, text }) => {
      const numbers = [...text.matchAll(/\bADRs? (\d+)/g)].filter(([, number]) => !NUMBERS.has(Number(number)));
      const paths = [...text.matchAll(/\badr\/(\d{4})(-[a-z0-9-]+)?(\.md)?/g)].filter(
        ([, number = '', title = '']) =>
          !FILES.some((name) => name.startsWith(number) && (title === '' || name === `${number}${title}.md`)),
      );
      return [...numbers, ...paths].map(([cited]) => `${file}: ${cited}`);
    });
    expect(wrong).toEqual([]);
  });

  it('are cited by number in code and configuration, never as a folder', () => {
    const vague = writtenFiles()
      .filter(({ file, text }) => /\.(ts|js|py|ya?ml)$/.test(file) && !file.endsWith('adr.test.ts') && /docs\/adr(?!\/\d{4})/.test(text))
      .map(({ file }) => file);
    expect(vague).toEqual([]);
  });
});
