import type { Runtime, ServedRuntime } from './runtime.ts';

/** The value of `duotel.io/bootstrap` for a workload that starts its producers itself. */
export const NO_BOOTSTRAP = 'none';
/** The value for all languages at once. It is taken once there are several. */
const AUTO = 'auto';

/** The values that `duotel.io/bootstrap` takes, in the order in which people read them. */
export function bootstrapValues(runtimes: readonly Runtime[]): readonly string[] {
  const auto = inAuto(runtimes).length > 1 ? [AUTO] : [];
  return [NO_BOOTSTRAP, ...runtimes.map(({ id }) => id), ...auto];
}

/**
 * The languages that a value of `duotel.io/bootstrap` asks for. There are none for `none`, and none for a value that this release has no
 * files for.
 */
export function chosenRuntimes(value: string, runtimes: readonly Runtime[]): readonly ServedRuntime[] {
  return value === AUTO ? inAuto(runtimes) : servedRuntimes(runtimes).filter(({ id }) => id === value);
}

/** Those that this release has files for. */
export function servedRuntimes(runtimes: readonly Runtime[]): readonly ServedRuntime[] {
  return runtimes.filter((runtime) => runtime.served);
}

function inAuto(runtimes: readonly Runtime[]): readonly ServedRuntime[] {
  return servedRuntimes(runtimes).filter(({ harmlessElsewhere }) => harmlessElsewhere);
}
