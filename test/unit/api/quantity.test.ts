import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytes, canonicalQuantity, parseQuantity } from '../../../api/quantity.ts';
import { quantityText } from '../../support/stacks/arbitrary-quantity.ts';

const canonical = (text: string): string | undefined => {
  const quantity = parseQuantity(text);
  return quantity && canonicalQuantity(quantity);
};

describe('a quantity', () => {
  it.each([
    ['1024Mi', '1Gi'],
    ['0.5Gi', '512Mi'],
    ['1000Ki', '1000Ki'],
    ['1023Ki', '1023Ki'],
    ['0.5Ki', '512'],
    ['1.5', '1500m'],
    ['1000m', '1'],
    ['0.0000000001', '1n'],
    ['1E', '1E'],
    ['1e3', '1e3'],
    ['1.5E+3', '1500'],
    ['-1.', '-1'],
    ['.5k', '500'],
  ])('%s has the canonical form %s', (given, wanted) => {
    expect(canonical(given)).toBe(wanted);
  });

  it('amounts to the same in its canonical form, which has no other form', () => {
    fc.assert(
      fc.property(quantityText, (text) => {
        const once = canonical(text) ?? '';
        expect(parseQuantity(once)?.nano).toBe(parseQuantity(text)?.nano);
        expect(canonical(once)).toBe(once);
      }),
    );
  });

  it.each(['', 'half', '1Q', '1.2.3', '.', '+', '1 Gi', '1e', '1ki', '0x1', '1_000', 'NaN', '٣'])('is none in "%s"', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
    expect(() => bytes(text)).toThrow(`quantity "${text}"`);
  });

  it('in bytes is a whole number that is not negative', () => {
    expect(bytes('1G')).toBe(1e9);
    expect(bytes('0.5Gi')).toBe(512 * 1024 ** 2);
    for (const text of ['-1Gi', '500m', '0.3Ki']) expect(() => bytes(text)).toThrow(`quantity "${text}"`);
  });
});
