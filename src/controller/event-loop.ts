import type { Clock } from '../kube/clock.ts';

/** @returns true as long as the event loop has turned within the last 30 s. */
export function watchEventLoop(signal: AbortSignal, clock: Clock): () => boolean {
  let last = clock.now();
  void (async () => {
    while (!signal.aborted) {
      last = clock.now();
      await clock.sleep(1000, signal);
    }
  })();
  return () => clock.now() - last < 30_000;
}
