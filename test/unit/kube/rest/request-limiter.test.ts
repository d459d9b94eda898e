import { describe, expect, it } from '@jest/globals';
import { KubeApiError } from '../../../../src/kube/kube-api.ts';
import type { Priority } from '../../../../src/kube/priority.ts';
import { retryAfterSeconds } from '../../../../src/kube/rest/refused.ts';
import { RequestLimiter } from '../../../../src/kube/rest/request-limiter.ts';
import { DEFAULT_RETRY, retryDelay, withRetry } from '../../../../src/kube/retry.ts';
import { RetryBudget } from '../../../../src/kube/retry-budget.ts';
import { settle, VirtualClock } from '../../../support/time/virtual-clock.ts';

/** A limiter with requests that take `tookMs` each; `started` lists them as they are let through. */
function client(options: Partial<ConstructorParameters<typeof RequestLimiter>[0]>, tookMs = 0) {
  const clock = new VirtualClock();
  const limiter = new RequestLimiter({ clock, ...options });
  const started: { readonly name: string; readonly at: number }[] = [];
  let most = 0;
  let underWay = 0;
  const send = async (name: string, priority: Priority, signal?: AbortSignal): Promise<void> => {
    const release = await limiter.acquire(priority, signal);
    started.push({ name, at: clock.now() });
    underWay += 1;
    most = Math.max(most, underWay);
    await clock.sleep(tookMs);
    underWay -= 1;
    release();
  };
  return { clock, limiter, started, send, most: () => most };
}

describe('a request limiter', () => {
  it('lets what a person waits for overtake everything that waits, when the rate is used up', async () => {
    const { clock, started, send } = client({ qps: 10, burst: 5 });
    for (let i = 0; i < 5; i += 1) void send(`before${i}`, 'user');
    for (let i = 0; i < 100; i += 1) void send(`resync${i}`, 'resync');
    void send('drift', 'drift');
    void send('person', 'user');
    await clock.advance(350);
    expect(started.map(({ name }) => name).slice(5)).toEqual(['person', 'drift']);
    await clock.advance(20_000);
    expect(started).toHaveLength(107);
  });

  it('spends no more than half of the burst on what nobody waits for, and then still all of the rate', async () => {
    const { clock, started, send } = client({ qps: 10, burst: 100, inFlight: 1000 });
    for (let i = 0; i < 200; i += 1) void send(`resync${i}`, 'resync');
    await settle();
    expect(started).toHaveLength(50);
    for (let i = 0; i < 60; i += 1) void send(`person${i}`, 'user');
    await settle();
    expect(started).toHaveLength(100);
    await clock.advance(1000);
    expect(started.filter(({ name }) => name.startsWith('person'))).toHaveLength(60);
    await clock.advance(5000);
    expect(started).toHaveLength(110);
    await clock.advance(15_000);
    expect(started.length).toBeGreaterThanOrEqual(255);
  });

  it('lets it overtake when too many requests are under way, and keeps room for it', async () => {
    const { clock, started, send, most } = client({ inFlight: 4 }, 1000);
    for (let i = 0; i < 20; i += 1) void send(`resync${i}`, 'resync');
    await settle();
    expect(started).toHaveLength(3);
    void send('person', 'user');
    await settle();
    expect(started.at(-1)).toEqual({ name: 'person', at: 0 });
    await clock.advance(20_000);
    expect(most()).toBe(4);
    expect(started).toHaveLength(21);
  });

  it('keeps to its rate in the long run, and lets go of those that no longer want to', async () => {
    const { clock, limiter, started, send } = client({ qps: 100, burst: 50 });
    for (let i = 0; i < 1000; i += 1) void send(`${i}`, 'user');
    const stop = new AbortController();
    const left = send('left', 'user', stop.signal).catch(() => 'gave up');
    stop.abort();
    expect(await left).toBe('gave up');
    await clock.advance(5000);
    expect(started.length).toBeGreaterThanOrEqual(540);
    expect(started.length).toBeLessThanOrEqual(551);
    await clock.advance(6000);
    expect([started.length, limiter.depth]).toEqual([1000, 0]);
  });
});

describe('the time that a server asks for', () => {
  const NOW = Date.parse('Fri, 27 Nov 2026 12:00:00 GMT');
  it.each<[string, number | undefined]>([
    ['7', 7],
    ['Fri, 27 Nov 2026 12:00:30 GMT', 30],
    ['Fri, 27 Nov 2026 11:00:00 GMT', 0],
    ['', undefined],
    ['soon', undefined],
  ])('as "%s" is %s seconds', (header, seconds) => {
    expect(retryAfterSeconds(header, NOW)).toBe(seconds);
  });
});

describe('retries', () => {
  const down = (retryAfter?: number): KubeApiError =>
    new KubeApiError('x', { status: 503, reason: 'x', message: 'x', causes: [], ...(retryAfter !== undefined && { retryAfter }) });

  it('do not multiply a storm: a hundred requests that all fail cost a fifth more, not five times as much', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ clock });
    let attempts = 0;
    const all = Array.from({ length: 100 }, () =>
      withRetry(
        async () => {
          attempts += 1;
          throw down();
        },
        { policy: DEFAULT_RETRY, clock, random: () => 0.5, budget },
      ).catch(() => 'failed'),
    );
    await clock.advance(60_000);
    expect(new Set(await Promise.all(all))).toEqual(new Set(['failed']));
    expect(attempts).toBeLessThanOrEqual(140);
  });

  it('are twenty in a row at most, and then one a second while nothing else is asked', () => {
    let now = 0;
    const budget = new RetryBudget({ clock: { now: () => now, sleep: async () => undefined } });
    const inARow = (): number => {
      let count = 0;
      while (budget.withdraw()) count += 1;
      return count;
    };
    expect(inARow()).toBe(20);
    for (const seconds of [3, 2, 5]) {
      now += seconds * 1000;
      expect(inARow()).toBe(seconds);
    }
    now += 3_600_000;
    expect(inARow()).toBe(20);
  });

  it('mend a server that fails now and then', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ clock });
    let failed = 0;
    const one = async (): Promise<string> => {
      let tries = 0;
      return withRetry(
        async () => {
          tries += 1;
          if (tries === 1) throw down();
          return 'done';
        },
        { policy: DEFAULT_RETRY, clock, random: () => 0.5, budget },
      );
    };
    for (let i = 0; i < 60; i += 1) {
      const answer = one().catch(() => {
        failed += 1;
      });
      await clock.advance(1000);
      await answer;
    }
    expect(failed).toBe(0);
  });

  it.each([0, 429, 500, 502, 503, 504])('are made after an answer of %s (0: none)', (status) => {
    expect(retryDelay({ ...down().body, status }, 1, DEFAULT_RETRY, () => 0)).toBeGreaterThan(0);
  });

  it.each([400, 401, 403, 404, 409, 410, 422, 501])('are not made after an answer of %s, which stays the same', (status) => {
    expect(retryDelay({ ...down().body, status }, 1, DEFAULT_RETRY, () => 0)).toBeUndefined();
  });

  it('come later each time, five seconds apart at most, and end after as many as were allowed', () => {
    const policy = { ...DEFAULT_RETRY, attempts: 9 };
    const delays = Array.from({ length: 9 }, (_, index) => retryDelay(down().body, index + 1, policy, () => 1));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, undefined]);
  });

  it('come no earlier than the server asks, and not at all when it asks for long', () => {
    const delay = (retryAfter: number): number | undefined => retryDelay(down(retryAfter).body, 1, DEFAULT_RETRY, () => 0.5);
    expect(delay(7)).toBeGreaterThanOrEqual(7000);
    expect(delay(120)).toBeUndefined();
  });
});
