import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { milliseconds } from '../../../api/duration.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

describe('a duration', () => {
  it('is its number times its unit', () => {
    const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
    fc.assert(fc.property(fc.nat(999_999), unit, (count, name) => expect(milliseconds(`${count}${name}`)).toBe(count * UNITS[name])));
  });

  it.each(['', '10', 's', '1d', '1.5h', '-1s', '1h30m', ' 1s', '1 s', '1constructor'])(
    'is refused in "%s", with what was expected',
    (text) => {
      expect(() => milliseconds(text)).toThrow(`duration "${text}": expected a whole number of ms, s, m or h`);
    },
  );
});
