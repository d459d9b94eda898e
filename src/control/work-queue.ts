import type { Clock, Random } from '../kube/retry.ts';

/** What a change means for its place in the queue: a person waits for `user`, nobody for `resync`. */
export type Priority = 'user' | 'drift' | 'resync';
const PRIORITIES: readonly Priority[] = ['user', 'drift', 'resync'];

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds before the first retry of a key that failed; doubles with each failure in a row. Default 200. */
  readonly baseMs?: number;
  /** Default 5 minutes. */
  readonly maxMs?: number;
}

/**
 * Keys that wait to be reconciled. A key waits once, however often it is added; it is never worked on twice at the same time, and one
 * that is added meanwhile is worked on again afterwards. The best priority and the earliest time win.
 */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  /** First in, first out within a priority; a key is in one of them at most. */
  readonly #waiting: Readonly<Record<Priority, Set<string>>> = { user: new Set(), drift: new Set(), resync: new Set() };
  readonly #delayed = new Map<string, { readonly at: number; readonly priority: Priority; readonly timer: NodeJS.Timeout }>();
  readonly #active = new Set<string>();
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, number>();
  readonly #idlers: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = { baseMs: 200, maxMs: 300_000, ...options };
  }

  /** Keys that are ready to be worked on. */
  get depth(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#waiting[priority].size, 0);
  }

  add(key: string, priority: Priority = 'user'): void {
    const delayed = this.#delayed.get(key);
    if (delayed !== undefined) {
      clearTimeout(delayed.timer);
      this.#delayed.delete(key);
    }
    const best = better(priority, delayed?.priority);
    if (this.#active.has(key)) {
      this.#again.set(key, better(best, this.#again.get(key)));
      return;
    }
    const known = PRIORITIES.find((candidate) => this.#waiting[candidate].has(key));
    if (known !== undefined && better(best, known) === known) return;
    if (known !== undefined) this.#waiting[known].delete(key);
    this.#waiting[best].add(key);
    this.#idlers.shift()?.();
  }

  /** Adds the key after `ms` milliseconds, unless it is added before. */
  addAfter(key: string, ms: number, priority: Priority = 'resync'): void {
    if (PRIORITIES.some((candidate) => this.#waiting[candidate].has(key))) return;
    const at = this.#options.clock.now() + ms;
    const known = this.#delayed.get(key);
    if (known !== undefined) {
      if (known.at <= at) return;
      clearTimeout(known.timer);
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key, priority);
    }, ms);
    timer.unref();
    this.#delayed.set(key, { at, priority, timer });
  }

  /** Works on keys until `signal` aborts, then waits for the ones in hand. `work` that throws is tried again later. */
  async run(work: (key: string) => Promise<void>, signal: AbortSignal, concurrency = 1): Promise<void> {
    const workers = Array.from({ length: concurrency }, () => this.#worker(work, signal));
    const wakeAll = (): void => {
      for (const wake of this.#idlers.splice(0)) wake();
    };
    signal.addEventListener('abort', wakeAll, { once: true });
    await Promise.all(workers);
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
  }

  async #worker(work: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.#take();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#idlers.push(resolve));
        continue;
      }
      this.#active.add(key);
      let failed = false;
      try {
        await work(key);
      } catch {
        failed = true;
      }
      this.#active.delete(key);
      this.#settle(key, failed);
    }
  }

  #settle(key: string, failed: boolean): void {
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (!failed) {
      this.#failures.delete(key);
      if (again !== undefined) this.add(key, again);
      return;
    }
    const count = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, count);
    const ceiling = Math.min(this.#options.baseMs * 2 ** (count - 1), this.#options.maxMs);
    const wait = ceiling * (0.5 + this.#options.random() / 2);
    // What somebody has changed meanwhile may be the very thing that mends it.
    this.addAfter(key, again === 'user' ? Math.min(wait, 1000) : wait, again ?? 'drift');
  }

  #take(): string | undefined {
    for (const priority of PRIORITIES) {
      const [key] = this.#waiting[priority];
      if (key === undefined) continue;
      this.#waiting[priority].delete(key);
      return key;
    }
    return undefined;
  }
}

function better(a: Priority, b: Priority | undefined): Priority {
  return b === undefined || PRIORITIES.indexOf(a) <= PRIORITIES.indexOf(b) ? a : b;
}
