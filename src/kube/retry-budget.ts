import type { Clock } from './clock.ts';

export interface RetryBudgetOptions {
  readonly clock: Clock;
  /** Retries at most in a row. Default 20. */
  readonly capacity?: number;
  /** Retries that each request adds. Default 0.1: in the long run a tenth of the requests may be repeats. */
  readonly perRequest?: number;
  /** Retries that each second adds, so that a client with little to do may repeat as well. Default 1. */
  readonly perSecond?: number;
}

/**
 * How many retries all requests of a client may make together. Else a server in trouble, which fails every request, would get each of them
 * five times.
 */
export class RetryBudget {
  readonly #options: Required<RetryBudgetOptions>;
  #left: number;
  #filled: number;

  constructor(options: RetryBudgetOptions) {
    this.#options = { capacity: 20, perRequest: 0.1, perSecond: 1, ...options };
    this.#left = this.#options.capacity;
    this.#filled = options.clock.now();
  }

  /** A request is sent for the first time. */
  deposit(): void {
    this.#add(this.#options.perRequest);
  }

  /** true, and one less, when a retry may be made. */
  withdraw(): boolean {
    const now = this.#options.clock.now();
    this.#add(((now - this.#filled) / 1000) * this.#options.perSecond);
    this.#filled = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #add(amount: number): void {
    this.#left = Math.min(this.#options.capacity, this.#left + amount);
  }
}
