const MILLISECONDS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/**
 * Milliseconds of a duration of a TelemetryStack: a whole number and one unit, for example `90s`.
 * @throws Error where it is none.
 */
export function milliseconds(duration: string): number {
  const [, digits, unit = ''] = /^([0-9]+)([a-z]+)$/.exec(duration) ?? [];
  const factor = MILLISECONDS.get(unit);
  if (digits === undefined || factor === undefined)
    throw new Error(`duration "${duration}": expected a whole number of ms, s, m or h, for example 90s`);
  return Number(digits) * factor;
}
