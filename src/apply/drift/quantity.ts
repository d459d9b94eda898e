const SUFFIX: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
/** Fields that hold a resource quantity, by their path. */
const QUANTITY_PATH = /\.(limits|requests|hard|capacity)(\.|\[)|\.(sizeLimit|divisor)$/;

/** Whether two values of the field at `path` are one resource quantity in two notations: the API server stores `1000m` as `1`. */
export function sameQuantity(path: string, a: unknown, b: unknown): boolean {
  if (!QUANTITY_PATH.test(path)) return false;
  const [left, right] = [amount(a), amount(b)];
  return Math.abs(left - right) <= Math.abs(left) * 1e-12;
}

/** NaN, which equals nothing, for what is no quantity. */
function amount(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  const [, digits, suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(value) ?? [];
  return Number(digits) * (SUFFIX[suffix] ?? Number.NaN);
}
