import { parseQuantity } from '../../../api/quantity.ts';

/** Fields that hold a resource quantity, by their path. */
const QUANTITY_PATH = /\.(limits|requests|hard|capacity)(\.|\[)|\.(sizeLimit|divisor)$/;

/** Whether two values of the field at `path` are one resource quantity in two notations: the API server stores `1000m` as `1`. */
export function sameQuantity(path: string, a: unknown, b: unknown): boolean {
  if (!QUANTITY_PATH.test(path)) return false;
  const left = amount(a);
  return left !== undefined && left === amount(b);
}

function amount(value: unknown): bigint | undefined {
  return typeof value === 'number' || typeof value === 'string' ? parseQuantity(String(value))?.nano : undefined;
}
