/** A resource quantity of Kubernetes: what it amounts to, and the family of suffixes that it was written with. */
export interface Quantity {
  /** Billionths: the API server keeps nothing finer. */
  readonly nano: bigint;
  readonly notation: 'decimal' | 'binary' | 'exponent';
}

const ONE = 10n ** 9n;
/** Powers of 1000 from -3 on, and of 1024 from 0 on. */
const DECIMAL: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const FORM = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3})|([KMGTPE]i)|([numkMGTPE]?))$/;

/** Reads a quantity by the API server's rules (k8s.io/apimachinery, pkg/api/resource): exactly, and rounded up to a billionth. */
export function parseQuantity(text: string): Quantity | undefined {
  const [match, sign, whole = '', fraction = '', exponent, binary, decimal = ''] = FORM.exec(text) ?? [];
  if (match === undefined) return undefined;
  const power = Number(exponent ?? 3 * (DECIMAL.indexOf(decimal) - 3));
  const unit = binary === undefined ? 10n ** BigInt(Math.max(power, 0)) : 1024n ** BigInt(BINARY.indexOf(binary));
  const parts = 10n ** BigInt(fraction.length + (binary === undefined ? Math.max(-power, 0) : 0));
  const exact = BigInt(`0${whole}${fraction}`) * unit * ONE;
  const nano = (exact + parts - 1n) / parts;
  const notation = binary !== undefined ? 'binary' : exponent !== undefined ? 'exponent' : 'decimal';
  return { nano: sign === '-' ? -nano : nano, notation };
}

/**
 * The form that the API server keeps as it is: the largest suffix of its family that leaves a whole number, so `1024Mi` is `1Gi` and `0.5`
 * is `500m`. The operator finds drift by comparing what it wants with what the API server returns.
 */
export function canonicalQuantity({ nano, notation }: Quantity): string {
  if (nano === 0n) return '0';
  const magnitude = nano < 0n ? -nano : nano;
  if (notation === 'binary' && magnitude >= 1024n * ONE && magnitude % ONE === 0n) {
    const [value, power] = shortened(nano / ONE, 1024n, BINARY.length - 1);
    return `${value}${BINARY[power]}`;
  }
  const [value, steps] = shortened(nano, 1000n, DECIMAL.length - 1);
  if (notation !== 'exponent') return `${value}${DECIMAL[steps]}`;
  return steps === 3 ? `${value}` : `${value}e${3 * (steps - 3)}`;
}

function shortened(value: bigint, base: bigint, most: number): readonly [value: bigint, steps: number] {
  let [rest, steps] = [value, 0];
  while (rest % base === 0n && steps < most) {
    rest /= base;
    steps += 1;
  }
  return [rest, steps];
}

/**
 * Bytes of a quantity of memory or storage, for example `512Mi`.
 * @throws Error where it is none, or no whole number of bytes.
 */
export function bytes(text: string): number {
  const nano = parseQuantity(text)?.nano;
  if (nano === undefined || nano < 0n || nano % ONE !== 0n) throw new Error(`quantity "${text}": expected bytes, for example 512Mi`);
  return Number(nano / ONE);
}
