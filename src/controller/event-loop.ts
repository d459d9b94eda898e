import { systemClock } from '../kube/system-clock.ts';

/** @returns true as long as the event loop has turned within the last 30 s. */
export function watchEventLoop(signal: AbortSignal): () => boolean {
  let last = performance.now();
  void (async () => {
    while (!signal.aborted) {
      last = performance.now();
      await systemClock.sleep(1000, signal);
    }
  })();
  return () => performance.now() - last < 30_000;
}
