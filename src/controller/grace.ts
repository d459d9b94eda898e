import type { Clock } from '../kube/clock.ts';

/** Resolves with the work, or `ms` milliseconds after `signal` has aborted, whichever comes first: `done` or `cut`. */
export async function withGrace(
  work: Promise<unknown>,
  signal: AbortSignal,
  ms: number,
  clock: Pick<Clock, 'sleep'>,
): Promise<'done' | 'cut'> {
  const over = new AbortController();
  const cut = (async () => {
    if (!signal.aborted) await aborted(AbortSignal.any([signal, over.signal]));
    await clock.sleep(ms, over.signal);
    return 'cut' as const;
  })();
  try {
    return await Promise.race([work.then(() => 'done' as const), cut]);
  } finally {
    over.abort();
  }
}

/** Resolves when the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
