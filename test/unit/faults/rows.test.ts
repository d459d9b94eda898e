import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { namedTests } from '../../faults/support/named-tests.ts';
import { ELSEWHERE, ROWS } from '../../faults/support/rows.ts';

const NAMED = namedTests();

describe('the fault matrix', () => {
  it('has 35 rows', () => {
    expect(Object.keys(ROWS)).toHaveLength(35);
  });

  it.each(Object.keys(ROWS))('has a test for row %s', (id) => {
    const place = ELSEWHERE[id as keyof typeof ROWS];
    if (place === undefined) expect(NAMED.map((one) => one.id)).toContain(id);
    else expect(existsSync(place.file)).toBe(true);
  });

  it('has no test whose id is no row', () => {
    expect(NAMED.filter(({ id }) => !(id in ROWS))).toEqual([]);
  });

  it('has its page from a run of these very tests', () => {
    const page = readFileSync('docs/faults.md', 'utf8');
    expect(NAMED.filter(({ sentence }) => !page.includes(sentence))).toEqual([]);
    expect(Object.keys(ROWS).filter((id) => !page.includes(`| ${id} |`))).toEqual([]);
    expect(page.split('\n').filter((line) => /\| (not run|FAILED): /.test(line))).toEqual([]);
  });
});
