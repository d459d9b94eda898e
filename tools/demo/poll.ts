import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from '../lib/tool-error.ts';

export interface Seen<T> {
  /** What was waited for; absent: not yet. */
  readonly value?: T;
  /** What is the case now, for progress and for the message when time runs out. */
  readonly note?: string;
}

/**
 * Looks every 300 ms until there is a value. An error of `look` counts as not yet, so that a restart on the way is no failure; a
 * ToolError is final. Throws ToolError that says what was waited for and what was seen last.
 */
export async function until<T>(
  what: string,
  limitSeconds: number,
  look: () => Promise<Seen<T>>,
  options: { readonly note?: (text: string) => void; readonly signal?: AbortSignal; readonly everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + limitSeconds * 1000;
  let last = 'nothing';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const { value, note } = await look();
      if (value !== undefined) return value;
      last = note ?? last;
    } catch (error) {
      if (error instanceof ToolError) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    options.note?.(last);
    if (performance.now() > deadline) throw new ToolError(`${what} did not happen within ${limitSeconds} s; last seen: ${last}`);
    await sleep(options.everyMs ?? 300);
  }
}
