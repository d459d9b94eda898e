import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** A longer timer fires at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. A sleep that is aborted ends early and does not throw; one of more than 24 days ends after these. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(Math.min(ms, LONGEST_MS), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
