import { setTimeout as sleep } from 'node:timers/promises';
import { isOver } from './is-over.ts';

/**
 * Seconds that what comes at once on an idle machine may take on one that is busy with other things. A wait that ends well costs none of
 * them. A test that promises a time says it as `seconds`.
 */
const PATIENCE = 150;

/** The first value that `look` returns other than undefined or false; fails with what was waited for after `seconds`. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, seconds = PATIENCE): Promise<T> {
  const begun = performance.now();
  let last: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  } while (!isOver(begun, seconds));
  throw new Error(`waited ${seconds} s for ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}
