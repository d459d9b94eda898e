import { uptime } from 'node:os';

/** A write that was not sent, or was cut off, because this process may not write, or no longer. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** A moment, on each of the fence's clocks. */
export type FenceMark = readonly number[];

/**
 * Both only go forward, whatever happens to the time of day. The first stands still while the machine sleeps, the second does not
 * (CLOCK_MONOTONIC and CLOCK_BOOTTIME on Linux). The fence uses the one that shows the later time.
 */
const CLOCKS: readonly (() => number)[] = [() => performance.now(), () => uptime() * 1000];

/**
 * Stands before every write of the operator. It is open while this process holds the lease, by its own clocks alone. It shuts before
 * anybody else may take the lease, and for ever: after a lost lease the process starts anew, with nothing in memory.
 */
export class WriteFence {
  readonly #clocks: readonly (() => number)[];
  readonly #end = new AbortController();
  #deadlines: FenceMark | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(clocks: readonly (() => number)[] = CLOCKS) {
    this.#clocks = clocks;
  }

  /** The present moment, taken before the request that renews the lease is sent. So the server's own moment cannot be earlier. */
  mark(): FenceMark {
    return this.#clocks.map((clock) => clock());
  }

  /** Opens the fence until `ms` milliseconds after the mark. Once it is shut, this has no effect. */
  extend(from: FenceMark, ms: number): void {
    if (this.#end.signal.aborted) return;
    this.#deadlines = from.map((moment) => moment + ms);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.shut(), Math.max(0, this.#leftMs()));
    this.#timer.unref();
  }

  /** Ends the writes that are under way, and lets no more through. */
  shut(): void {
    clearTimeout(this.#timer);
    this.#end.abort(new NotLeaderError('the lease is not ours any more: no write is sent'));
  }

  /** true while writes may be sent. */
  get open(): boolean {
    if (this.#deadlines === undefined || this.#end.signal.aborted) return false;
    // A process that was stopped looks at the clock before its timers run.
    if (this.#leftMs() <= 0) this.shut();
    return !this.#end.signal.aborted;
  }

  /** @throws NotLeaderError when no write may be sent. */
  check(): void {
    if (!this.open) throw new NotLeaderError('the lease is not ours: no write is sent');
  }

  /** Aborts when the fence is shut. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  #leftMs(): number {
    const now = this.mark();
    return Math.min(...(this.#deadlines ?? []).map((deadline, index) => deadline - (now[index] ?? Number.POSITIVE_INFINITY)));
  }
}
