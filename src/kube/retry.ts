import type { Clock, Random } from './clock.ts';
import { type ApiErrorBody, KubeApiError } from './kube-api.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface RetryPolicy {
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubles after each. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, baseMs: 100, maxMs: 5000 };

/** If a server wants to be left alone for longer, its error is passed on: the queue comes back. */
const MAX_RETRY_AFTER_MS = 30_000;

/** A server that wants to be left alone is left alone for this long at most: most outages end earlier than announced. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Milliseconds to leave the server alone after this error, as it asks for with Retry-After: 0 where it does not, five minutes at most. */
export function pauseMs(error: unknown): number {
  return error instanceof KubeApiError ? Math.min((error.body.retryAfter ?? 0) * 1000, LONGEST_PAUSE_MS) : 0;
}

/** Milliseconds to wait before attempt `attempt + 1`, or undefined when the error is final. `attempt` counts from 1. */
export function retryDelay(error: ApiErrorBody, attempt: number, policy: RetryPolicy, random: Random): number | undefined {
  const transient = error.status === 0 || error.status === 429 || (error.status >= 500 && error.status !== 501);
  if (!transient || attempt >= policy.attempts) return undefined;
  // No earlier than asked for, and not all at the same moment.
  if (error.retryAfter !== undefined && error.retryAfter * 1000 > MAX_RETRY_AFTER_MS) return undefined;
  if (error.retryAfter !== undefined) return error.retryAfter * 1000 * (1 + random() / 5);
  const ceiling = Math.min(policy.baseMs * 2 ** (attempt - 1), policy.maxMs);
  return ceiling / 2 + (ceiling / 2) * random();
}

/** Runs `attempt` until it succeeds, fails for good, or `signal` aborts. Only {@link KubeApiError} is retried. */
export async function withRetry<T>(
  attempt: () => Promise<T>,
  context: {
    readonly policy: RetryPolicy;
    readonly clock: Clock;
    readonly random: Random;
    readonly signal?: AbortSignal | undefined;
    readonly budget?: RetryBudget;
    readonly onRetry?: () => void;
  },
): Promise<T> {
  context.budget?.deposit();
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KubeApiError) || context.signal?.aborted) throw error;
      const delay = retryDelay(error.body, count, context.policy, context.random);
      if (delay === undefined || context.budget?.withdraw() === false) throw error;
      context.onRetry?.();
      await context.clock.sleep(delay, context.signal);
      if (context.signal?.aborted) throw error;
    }
  }
}
