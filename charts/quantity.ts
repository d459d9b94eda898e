import { Quantity } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { canonicalQuantity, parseQuantity } from '../api/quantity.ts';

/** A memory or storage quantity in the API server's canonical form. */
export function memoryQuantity(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`quantity "${text}": expected a number and a suffix, for example 512Mi`);
  return Quantity.fromString(canonicalQuantity(quantity));
}

/** A CPU quantity in the API server's canonical form. Throws where it is finer than 1m: the API server would round it. */
export function cpuQuantity(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`CPU quantity "${text}": expected a number of cores or of m, for example 0.5 or 500m`);
  if (quantity.nano % 1_000_000n !== 0n) throw new Error(`CPU quantity "${text}": at most three decimals (1m) can be asked for`);
  return Quantity.fromString(canonicalQuantity(quantity));
}
