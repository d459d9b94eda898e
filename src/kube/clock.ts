/** Sources of time and randomness, passed in so that tests decide them. */
export interface Clock {
  /** Milliseconds that only go forward. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
/** Milliseconds since 1970, as the machine's calendar has them; it may jump. */
export type WallClock = () => number;
/** A number in [0, 1). */
export type Random = () => number;
