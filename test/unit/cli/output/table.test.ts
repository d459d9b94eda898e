import { describe, expect, it } from '@jest/globals';
import { table } from '../../../../src/cli/output/table.ts';

describe('a table', () => {
  it('has columns as wide as their widest cell and no trailing blanks', () => {
    expect(
      table(
        [{ title: 'name' }, { title: 'found' }],
        [
          ['a', 'x'],
          ['longer', ''],
        ],
      ),
    ).toBe('NAME    FOUND\na       x\nlonger\n');
  });

  it('lets the ends of numbers meet where asked to', () => {
    expect(
      table(
        [{ title: 'n', align: 'right' }, { title: 'of' }],
        [
          ['5', 'a'],
          ['120', 'b'],
        ],
      ),
    ).toBe('  N  OF\n  5  a\n120  b\n');
  });

  it('goes on in the same column after a line break', () => {
    expect(
      table(
        [{ title: 'a' }, { title: 'b' }],
        [
          ['1', 'x\nyy'],
          ['2', 'z'],
        ],
      ),
    ).toBe('A  B\n1  x\n   yy\n2  z\n');
  });

  it('counts a letter outside the basic plane as one', () => {
    expect(
      table(
        [{ title: 'a' }, { title: 'b' }],
        [
          ['😀', '1'],
          ['xy', '2'],
        ],
      ),
    ).toBe('A   B\n😀   1\nxy  2\n');
  });

  it('is its heading where there are no rows', () => {
    expect(table([{ title: 'namespace' }], [])).toBe('NAMESPACE\n');
  });
});
