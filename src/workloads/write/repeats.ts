import type { InjectionRecord } from '../../inject/record/record.ts';
import { digestOf } from '../../inject/workload/digest-of.ts';
import type { Clock } from '../../kube/clock.ts';

/** How far back injections are counted, milliseconds. */
export const REPEAT_WINDOW_MS = 60 * 60_000;
/** How often the same injection of one workload (each is a rollout), or the same status, may be written within that time. */
const LIMIT = 5;

/** Counts how often the same injection was made, or the same status written. Each time but the first, something else had removed it. */
export class Repeats {
  readonly #clock: Clock;
  readonly #made = new Map<string, { readonly what: string; readonly at: readonly number[] }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string, what: string): void {
    this.#made.set(key, { what, at: [...this.#recent(key, what), this.#clock.now()] });
  }

  /** Why the injection should not be made again, in words for people. */
  tooOften(key: string, what: string): string | undefined {
    if (this.#recent(key, what).length <= LIMIT) return undefined;
    return `what the operator sets was taken out of the pod template ${LIMIT} times within an hour by somebody else; it is left out for now`;
  }

  forget(key: string): void {
    this.#made.delete(key);
  }

  #recent(key: string, what: string): readonly number[] {
    const made = this.#made.get(key);
    const start = this.#clock.now() - REPEAT_WINDOW_MS;
    return made?.what === what ? made.at.filter((at) => at > start) : [];
  }
}

/** Equal for the same injection, whatever else is in the template. */
export function injectionDigest({ rollout: _rollout, ...what }: InjectionRecord): string {
  return digestOf(what);
}
