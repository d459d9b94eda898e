import fc from 'fast-check';
import { parseQuantity } from '../../../api/quantity.ts';

const SUFFIXES = ['', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const number = fc.oneof(
  fc.nat(2000).map(String),
  fc.nat(2 ** 31 - 1).map(String),
  fc.constantFrom(1, 1000, 1024, 1024 ** 2, 10 ** 6).chain((unit) => fc.nat(2000).map((count) => String(unit * count))),
  fc.tuple(fc.nat(2000), fc.nat(10 ** 6)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.nat(10 ** 6).map((fraction) => `.${fraction}`),
);
const suffix = fc.oneof(
  fc.constantFrom(...SUFFIXES),
  fc.tuple(fc.constantFrom('e', 'E'), fc.integer({ min: -9, max: 18 })).map(([letter, power]) => `${letter}${power}`),
);

/** A quantity of Kubernetes in any of its notations: not negative, and no more than the API server can hold. */
export const quantityText = fc
  .tuple(number, suffix)
  .map(([digits, unit]) => `${digits}${unit}`)
  .filter((text) => (parseQuantity(text)?.nano ?? 0n) < 2n ** 63n * 10n ** 9n);
