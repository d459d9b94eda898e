import { describe, expect, it } from '@jest/globals';
import { parseScope } from '../../../../src/cli/commands/operator.ts';

describe('--scope', () => {
  it('names namespaces, with blanks or without', () => {
    expect(parseScope('t1, t2,t3')).toEqual(['t1', 't2', 't3']);
  });

  it.each(['', ',', 't1,', 't1,,t2', 'T1', 'a.b', '-a', 'a b', 'a'.repeat(64)])(
    'is refused where a name can be no namespace: "%s"',
    (text) => {
      expect(() => parseScope(text)).toThrow(/^--scope: is ".*", expected names of namespaces separated by commas/);
    },
  );
});
