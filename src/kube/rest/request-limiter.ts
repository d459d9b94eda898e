import type { Clock } from '../clock.ts';
import { PRIORITIES, type Priority } from '../priority.ts';

export interface RequestLimiterOptions {
  readonly clock: Clock;
  /** Requests a second, in the long run. Default 200: what one operator may ask of an API server without being noticed. */
  readonly qps?: number;
  /** Requests that may be sent at once after a quiet while. Default 400. */
  readonly burst?: number;
  /** Requests under way at the same time; a watch counts until it is accepted. Default 16. */
  readonly inFlight?: number;
}

interface Waiter {
  readonly go: () => void;
}

/**
 * The part of the burst that is left for better priorities. So a hundred annotations at once do not find it spent on requests that nobody
 * waits for.
 */
const KEPT: Readonly<Record<Priority, number>> = { user: 0, drift: 1 / 4, resync: 1 / 2 };

/** Lets requests through at a bounded rate, and a bounded number at a time. Those that a person waits for go first. */
export class RequestLimiter {
  readonly #options: Required<RequestLimiterOptions>;
  readonly #waiting: Readonly<Record<Priority, Set<Waiter>>> = { user: new Set(), drift: new Set(), resync: new Set() };
  #tokens: number;
  #filled: number;
  #inFlight = 0;
  /** When the next look is due, by the clock. */
  #wakes = Number.POSITIVE_INFINITY;

  constructor(options: RequestLimiterOptions) {
    this.#options = { qps: 200, burst: 400, inFlight: 16, ...options };
    this.#tokens = this.#options.burst;
    this.#filled = options.clock.now();
  }

  /** Requests that wait. */
  get depth(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#waiting[priority].size, 0);
  }

  /**
   * Resolves when the request may be sent, with the function to call when it is over.
   * @throws the signal's reason if it aborts before.
   */
  acquire(priority: Priority, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const queue = this.#waiting[priority];
      const leave = (): void => {
        queue.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', leave);
          resolve(this.#once());
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.add(waiter);
      this.#pump();
    });
  }

  #once(): () => void {
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#inFlight -= 1;
      this.#pump();
    };
  }

  #pump(): void {
    this.#fill();
    for (const priority of PRIORITIES) {
      const queue = this.#waiting[priority];
      const needed = 1 + Math.floor(this.#options.burst * KEPT[priority]);
      for (const waiter of queue) {
        if (this.#inFlight >= this.#room(priority)) break;
        if (this.#tokens < needed) {
          this.#sleep(needed);
          return;
        }
        this.#tokens -= 1;
        this.#inFlight += 1;
        queue.delete(waiter);
        waiter.go();
      }
    }
  }

  /** A quarter is kept free of requests that nobody waits for: a person's request does not wait for a slow one of these. */
  #room(priority: Priority): number {
    const { inFlight } = this.#options;
    return priority === 'resync' ? Math.max(1, Math.floor((inFlight * 3) / 4)) : inFlight;
  }

  #fill(): void {
    const { clock, qps, burst } = this.#options;
    const now = clock.now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filled) / 1000) * qps);
    this.#filled = now;
  }

  /** Until there are so many tokens. */
  #sleep(tokens: number): void {
    const { clock, qps } = this.#options;
    const ms = Math.max(1, Math.ceil(((tokens - this.#tokens) / qps) * 1000));
    const wakes = clock.now() + ms;
    if (this.#wakes <= wakes) return;
    this.#wakes = wakes;
    void clock.sleep(ms).then(() => {
      if (this.#wakes === wakes) this.#wakes = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }
}
