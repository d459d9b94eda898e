import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './retry.ts';

/** The machine's own clock. A sleep that is aborted ends early and does not throw. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
