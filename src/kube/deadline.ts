/** A signal that aborts with the first of several others, or when time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the other signals. They outlive a request by far, and would hold on to each of them. */
  done(): void;
}

/** @param ms undefined: no limit of its own. */
export function deadline(ms: number | undefined, others: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController();
  const sources = others.filter((other) => other !== undefined);
  const passOn = (event: Event): void => controller.abort((event.target as AbortSignal).reason);
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    else source.addEventListener('abort', passOn, { once: true });
  }
  const timer = ms === undefined ? undefined : setTimeout(() => controller.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  return {
    signal: controller.signal,
    done() {
      clearTimeout(timer);
      for (const source of sources) source.removeEventListener('abort', passOn);
    },
  };
}
