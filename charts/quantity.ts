import { Quantity } from 'cdk8s-plus-28/lib/imports/k8s.js';

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;
const UNITS: Readonly<Record<string, number>> = Object.fromEntries(BINARY.map((suffix, power) => [suffix, 1024 ** power]));

/** Bytes of a quantity with a binary suffix, for example `512Mi`. Throws on any other form. */
export function bytes(quantity: string): number {
  const [, digits, suffix = ''] = /^([0-9]+)([KMGT]i)?$/.exec(quantity) ?? [];
  const unit = UNITS[suffix];
  if (digits === undefined || unit === undefined) {
    throw new Error(`quantity "${quantity}": expected a whole number of Ki, Mi, Gi or Ti, for example 512Mi`);
  }
  return Number(digits) * unit;
}

/**
 * A memory or storage quantity in the API server's canonical form: the largest binary suffix that leaves a whole number. The operator
 * finds drift by comparing what it wants with what the API server returns, and `1024Mi` comes back as `1Gi`.
 */
export function memoryQuantity(quantity: string): Quantity {
  let value = bytes(quantity);
  let power = 0;
  while (value !== 0 && value % 1024 === 0 && power < BINARY.length - 1) {
    value /= 1024;
    power += 1;
  }
  return Quantity.fromString(`${value}${BINARY[power]}`);
}

/** A CPU quantity in canonical form: `0.5` is `500m`, `1000m` is `1`. Throws where it is finer than 1m, which the API server refuses. */
export function cpuQuantity(quantity: string): Quantity {
  const [, digits, milli] = /^([0-9]+(?:\.[0-9]+)?)(m)?$/.exec(quantity) ?? [];
  if (digits === undefined) throw new Error(`CPU quantity "${quantity}": expected a number of cores or of m, for example 0.5 or 500m`);
  // Six decimals carry every value that can be written in whole m and take binary fractions out of the comparison below.
  const value = Number((Number(digits) * (milli === undefined ? 1000 : 1)).toFixed(6));
  if (!Number.isInteger(value)) throw new Error(`CPU quantity "${quantity}": at most three decimals (1m) can be asked for`);
  return Quantity.fromString(value % 1000 === 0 ? `${value / 1000}` : `${value}m`);
}
