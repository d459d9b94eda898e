import type { Clock, Random } from '../kube/clock.ts';
import { better, PRIORITIES, type Priority } from '../kube/priority.ts';

export type { Priority } from '../kube/priority.ts';

/** What becomes of a key after it was worked on. */
export type Disposal =
  /** The work has failed: try again, later each time, and not before `pauseMs` milliseconds (default 0). */
  | { readonly type: 'retry'; readonly pauseMs?: number }
  /** All is well so far: look again after this many milliseconds. */
  | { readonly type: 'after'; readonly ms: number }
  /** Until something changes. */
  | { readonly type: 'forget' };

/** A key in hand. */
export interface Ticket {
  readonly key: string;
  readonly priority: Priority;
  /** How long it has waited. */
  readonly waitedMs: number;
  /** Failures in a row before this time. */
  readonly failures: number;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds before the first retry of a key that failed; doubles with each failure in a row. Default 200. */
  readonly baseMs?: number;
  /** Default 5 minutes. */
  readonly maxMs?: number;
  /** Keys of one group never make those of another wait for all of them. Default: the part before the first slash. */
  readonly groupOf?: (key: string) => string;
  readonly onAdd?: () => void;
  readonly onRetry?: () => void;
}

/**
 * A longer timer fires at once, https://nodejs.org/api/timers.html#settimeoutcallback-delay-args. If a key comes this early, it is only
 * looked at.
 */
const LONGEST_MS = 2 ** 31 - 1;

/** Keys by group; the groups take turns. */
type Line = Map<string, Map<string, number>>;

/**
 * Keys that wait to be reconciled. A key waits once, however often it is added. It is never worked on twice at the same time: if it is
 * added meanwhile, it comes again afterwards. The best priority and the earliest time win. Within a priority the groups take turns; within
 * a group, first in is first out.
 */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  /** A key is in at most one of them; the value is the time at which it came. */
  readonly #waiting: Readonly<Record<Priority, Line>> = { user: new Map(), drift: new Map(), resync: new Map() };
  readonly #priorities = new Map<string, Priority>();
  readonly #delayed = new Map<string, { readonly at: number; readonly priority: Priority; readonly timer: NodeJS.Timeout }>();
  /** Since when. */
  readonly #active = new Map<string, number>();
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, number>();
  readonly #idlers: (() => void)[] = [];
  #started = false;
  /** A worker has looked for a key in this turn of the event loop. */
  #turnTaken = false;
  readonly #turns: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    const nothing = (): void => undefined;
    this.#options = {
      baseMs: 200,
      maxMs: 300_000,
      groupOf: (key) => key.slice(0, Math.max(0, key.indexOf('/'))),
      onAdd: nothing,
      onRetry: nothing,
      ...options,
    };
  }

  /** Keys that are ready; of one priority, or of all. */
  depth(priority?: Priority): number {
    const lines = priority === undefined ? PRIORITIES : [priority];
    return lines.reduce((sum, line) => sum + [...this.#waiting[line].values()].reduce((keys, group) => keys + group.size, 0), 0);
  }

  /** Milliseconds that each key in hand has been worked on. */
  running(): readonly number[] {
    const now = this.#options.clock.now();
    return [...this.#active.values()].map((since) => now - since);
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
    const known = this.#priorities.get(key);
    if (known !== undefined && better(best, known) === known) return;
    const since = known === undefined ? this.#options.clock.now() : this.#remove(key, known);
    const group = this.#options.groupOf(key);
    const line = this.#waiting[best];
    const keys = line.get(group) ?? new Map<string, number>();
    keys.set(key, since);
    line.set(group, keys);
    this.#priorities.set(key, best);
    if (known === undefined) this.#options.onAdd();
    this.#idlers.shift()?.();
  }

  /** Whether anybody works on keys, or has. */
  get started(): boolean {
    return this.#started;
  }

  /** Takes back a key that waits. */
  drop(key: string): void {
    clearTimeout(this.#delayed.get(key)?.timer);
    this.#delayed.delete(key);
    const priority = this.#priorities.get(key);
    if (priority !== undefined) this.#remove(key, priority);
    this.#priorities.delete(key);
  }

  /** Adds the key after `ms` milliseconds, but after 24 days at most, unless it is added before. */
  addAfter(key: string, ms: number, priority: Priority = 'resync'): void {
    if (this.#priorities.has(key)) return;
    const now = this.#options.clock.now();
    const known = this.#delayed.get(key);
    const wait = Math.max(0, Math.min(ms, LONGEST_MS, (known?.at ?? Number.POSITIVE_INFINITY) - now));
    const at = now + wait;
    const best = better(priority, known?.priority);
    if (known !== undefined && known.at <= at && known.priority === best) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key, best);
    }, wait);
    timer.unref();
    this.#delayed.set(key, { at, priority: best, timer });
  }

  /** Works on keys until `signal` aborts, then waits for those in hand. If `work` throws, the key is tried again later. */
  async run(work: (key: string, ticket: Ticket) => Promise<Disposal | undefined>, signal: AbortSignal, concurrency = 1): Promise<void> {
    this.#started = true;
    const workers = Array.from({ length: concurrency }, () => this.#worker(work, signal));
    const wakeAll = (): void => {
      for (const wake of this.#idlers.splice(0)) wake();
    };
    signal.addEventListener('abort', wakeAll, { once: true });
    await Promise.all(workers);
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
  }

  async #worker(work: (key: string, ticket: Ticket) => Promise<Disposal | undefined>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#turnTaken) await new Promise<void>((resolve) => this.#turns.push(resolve));
      else this.#takeTurn();
      if (signal.aborted) return;
      const ticket = this.#take();
      if (ticket === undefined) {
        await new Promise<void>((resolve) => this.#idlers.push(resolve));
        continue;
      }
      const { key, priority } = ticket;
      let disposal: Disposal;
      try {
        disposal = (await work(key, ticket)) ?? { type: 'forget' };
      } catch {
        disposal = { type: 'retry' };
      }
      this.#active.delete(key);
      if (!signal.aborted) this.#settle(key, priority, disposal);
    }
  }

  /**
   * One key a turn of the event loop. When a hundred come at once, the first ones' requests are answered while the next are planned, not
   * after all of them.
   */
  #takeTurn(): void {
    this.#turnTaken = true;
    setImmediate(() => {
      this.#turnTaken = false;
      const next = this.#turns.shift();
      if (next === undefined) return;
      this.#takeTurn();
      next();
    });
  }

  #settle(key: string, priority: Priority, disposal: Disposal): void {
    const { baseMs, maxMs, random, onRetry } = this.#options;
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (disposal.type !== 'retry') {
      this.#failures.delete(key);
      if (again !== undefined) this.add(key, again);
      else if (disposal.type === 'after') this.addAfter(key, disposal.ms);
      return;
    }
    const count = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, count);
    onRetry();
    const wait = Math.min(baseMs * 2 ** (count - 1), maxMs) * (0.5 + random() / 2);
    const pause = (disposal.pauseMs ?? 0) * (1 + random() / 4);
    // Somebody's change may be the very thing that mends it.
    this.addAfter(key, Math.max(pause, again === 'user' ? Math.min(wait, 1000) : wait), better(priority, again));
  }

  #take(): Ticket | undefined {
    const now = this.#options.clock.now();
    for (const priority of PRIORITIES) {
      const line = this.#waiting[priority];
      const [first] = line;
      if (first === undefined) continue;
      const [group, keys] = first;
      const [entry] = keys;
      // The group goes to the end of the line: the others come first now.
      line.delete(group);
      if (entry === undefined) continue;
      const [key, since] = entry;
      keys.delete(key);
      if (keys.size > 0) line.set(group, keys);
      this.#priorities.delete(key);
      this.#active.set(key, now);
      return { key, priority, waitedMs: now - since, failures: this.#failures.get(key) ?? 0 };
    }
    return undefined;
  }

  /** @returns since when it was waiting. */
  #remove(key: string, priority: Priority): number {
    const group = this.#options.groupOf(key);
    const keys = this.#waiting[priority].get(group);
    const since = keys?.get(key) ?? this.#options.clock.now();
    keys?.delete(key);
    if (keys?.size === 0) this.#waiting[priority].delete(group);
    return since;
  }
}
