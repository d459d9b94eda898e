/** `info`: shown, and neither right nor wrong (a metric that only an app's own code can record). */
export type CheckState = 'ok' | 'failed' | 'info';

/** One thing that was looked for and what was found. */
export interface Check {
  /** The part of the verification it belongs to: `log lines`, `prometheus`, `jaeger`, ... */
  readonly step: string;
  /** What was looked for: a metric's name, a query, a fact that the log should state. */
  readonly what: string;
  readonly state: CheckState;
  /** What was found, for people. */
  readonly found: string;
  /** The same for programs: numbers by label, names. Absent where there is none. */
  readonly values?: Readonly<Record<string, number>> | readonly string[];
  /** What to do; only where `state` is `failed`. */
  readonly hint?: string;
}

export function allOk(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every((check) => check.state !== 'failed');
}

/** A number as people read it: six significant digits, no exponent where it can be helped. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(6));
  if (rounded !== 0 && Math.abs(rounded) < 1e-4) return rounded.toExponential();
  return Number.isInteger(rounded) ? String(Math.round(value)) : String(rounded);
}
