import { describe, expect, it } from '@jest/globals';
import { Controller, type ControllerOptions } from '../../../src/controller/controller.ts';
import { withGrace } from '../../../src/controller/grace.ts';
import { type Fields, withContext } from '../../../src/controller/logger.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { TerminalError } from '../../../src/controller/terminal-error.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { requestContext } from '../../../src/kube/request-context.ts';
import { systemClock } from '../../../src/kube/system-clock.ts';
import { parseExposition, select } from '../../support/telemetry/exposition.ts';

/** Runs a controller until `reconcile` has been called `times` times, and `ms` more; returns its metrics and log. */
async function run(reconcile: ControllerOptions['reconcile'], times: number, extra: Partial<ControllerOptions> = {}, ms = 20) {
  const metrics = new Metrics();
  const log: (Fields & { readonly message: string })[] = [];
  const say = (message: string, fields: Fields = {}): void => void log.push({ message, ...fields });
  const stop = new AbortController();
  let calls = 0;
  const controller = new Controller({
    name: 'c',
    clock: systemClock,
    random: () => 0,
    logger: withContext({ debug: say, info: say, warn: say, error: say }),
    metrics,
    concurrency: 1,
    reconcile: async (key, signal) => {
      calls += 1;
      if (calls === times) setTimeout(() => stop.abort(), ms);
      return (await reconcile(key, signal)) ?? undefined;
    },
    ...extra,
  });
  controller.queue.add('n/a', 'drift');
  await controller.run(stop.signal);
  const samples = parseExposition(await metrics.registry.metrics());
  const value = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    select(samples, name, labels)[0]?.value;
  return { value, log, calls: () => calls, samples };
}

describe('a controller', () => {
  it('tries again after an error, and counts it', async () => {
    let tries = 0;
    const { value, log } = await run(async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
    }, 2);
    expect(value('controller_runtime_reconcile_total', { controller: 'c', result: 'error' })).toBe(1);
    expect(value('controller_runtime_reconcile_total', { controller: 'c', result: 'success' })).toBe(1);
    expect(value('controller_runtime_reconcile_panics_total')).toBe(0);
    expect(value('workqueue_retries_total', { name: 'c', controller: 'c' })).toBe(1);
    expect(log[0]).toMatchObject({ message: 'reconcile failed, will be tried again', controller: 'c', key: 'n/a', failures: 1 });
    expect(String(log[0]?.['reconcileID'])).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('does not try again after an error that trying does not mend', async () => {
    const { value, calls } = await run(
      async () => {
        throw new TerminalError('never');
      },
      1,
      {},
      300,
    );
    expect(calls()).toBe(1);
    expect(value('controller_runtime_terminal_reconcile_errors_total')).toBe(1);
  });

  it('leaves a server alone for as long as it asks for, and comes back then', async () => {
    let failed = 0;
    let waited = 0;
    await run(async () => {
      if (failed > 0) {
        waited = performance.now() - failed;
        return;
      }
      failed = performance.now();
      throw new KubeApiError('busy', { status: 429, reason: 'TooManyRequests', message: 'busy', causes: [], retryAfter: 1 });
    }, 2);
    expect(waited).toBeGreaterThanOrEqual(990);
  });

  it('survives a mistake in the program, and says where it is', async () => {
    const { value, log } = await run(async () => {
      throw new TypeError('x is undefined');
    }, 1);
    expect(value('controller_runtime_reconcile_panics_total')).toBe(1);
    expect(String(log[0]?.['stack'])).toContain('controller.test');
  });

  it('comes back when it is asked to, without counting a failure', async () => {
    let tries = 0;
    const { value } = await run(async () => (++tries === 1 ? { requeueAfterMs: 5 } : {}), 2);
    expect(value('controller_runtime_reconcile_total', { result: 'requeue_after' })).toBe(1);
    expect(value('controller_runtime_reconcile_errors_total')).toBe(0);
  });

  it('ends a reconcile that takes too long, with all of its requests', async () => {
    const { value, log } = await run(
      (_key, signal) =>
        new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
      1,
      { timeoutMs: 5 },
    );
    expect(value('controller_runtime_reconcile_timeouts_total')).toBe(1);
    expect(String(log[0]?.['error'])).toContain('no answer within');
  });

  it('gives its requests the priority that the key was added with', async () => {
    let seen: string | undefined;
    await run(async () => {
      seen = requestContext()?.priority;
    }, 1);
    expect(seen).toBe('drift');
  });

  it('has every series from its start', async () => {
    const { samples } = await run(async () => undefined, 1);
    const names = new Set(samples.map(({ name }) => name));
    const expected = [
      'controller_runtime_reconcile_total',
      'controller_runtime_reconcile_errors_total',
      'controller_runtime_terminal_reconcile_errors_total',
      'controller_runtime_reconcile_panics_total',
      'controller_runtime_reconcile_timeouts_total',
      'controller_runtime_reconcile_time_seconds_bucket',
      'controller_runtime_max_concurrent_reconciles',
      'controller_runtime_active_workers',
      'workqueue_depth',
      'workqueue_adds_total',
      'workqueue_queue_duration_seconds_bucket',
      'workqueue_work_duration_seconds_bucket',
      'workqueue_retries_total',
      'workqueue_unfinished_work_seconds',
      'workqueue_longest_running_processor_seconds',
    ];
    expect(expected.filter((name) => !names.has(name))).toEqual([]);
    const results = select(samples, 'controller_runtime_reconcile_total').map(({ labels }) => labels['result']);
    expect(results.sort()).toEqual(['error', 'requeue', 'requeue_after', 'success']);
  });

  it('lets what is in hand end, and cuts it when that takes too long', async () => {
    const stop = new AbortController();
    const cut = new AbortController();
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const controller = new Controller({
      name: 'c',
      clock: systemClock,
      random: () => 0,
      logger: silent,
      metrics: new Metrics(),
      concurrency: 1,
      reconcile: (_key, signal) =>
        new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    });
    controller.queue.add('n/hangs');
    const running = controller.run(stop.signal, cut.signal);
    stop.abort();
    expect(await withGrace(running, stop.signal, 30, systemClock)).toBe('cut');
    cut.abort();
    expect(await withGrace(running, stop.signal, 60_000, systemClock)).toBe('done');
  });
});
