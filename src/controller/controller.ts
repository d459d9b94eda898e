import { randomUUID } from 'node:crypto';
import type { Clock, Random } from '../kube/clock.ts';
import { deadline } from '../kube/deadline.ts';
import { NotLeaderError } from '../kube/lease/fence.ts';
import { withRequestContext } from '../kube/request-context.ts';
import { pauseMs } from '../kube/retry.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { TerminalError } from './terminal-error.ts';
import { type Disposal, type Ticket, WorkQueue } from './work-queue.ts';

/** What a reconcile asks for. Nothing: the key is done until something changes. */
export interface ReconcileResult {
  /** Reconcile once more after this many milliseconds; it is no failure. */
  readonly requeueAfterMs?: number;
  /** Reconcile once more, later each time; it is no error. */
  readonly requeue?: boolean;
}

export interface ControllerOptions {
  /** Its name in logs and metrics. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Keys worked on at the same time. */
  readonly concurrency: number;
  /** Milliseconds after which the requests of a reconcile are ended. Default 2 minutes. */
  readonly timeoutMs?: number;
  /** The group by which keys take turns; see {@link WorkQueue}. */
  readonly groupOf?: (key: string) => string;
  /** `signal` aborts when the reconcile's time is over. Requests to the API server end with it by themselves. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined> | Promise<void>;
}

/** A queue and the function that works on its keys, with the log lines and metrics every controller has. */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { name, clock, random, metrics, groupOf } = options;
    const labels = { name, controller: name };
    const queue = new WorkQueue({
      clock,
      random,
      ...(groupOf && { groupOf }),
      onAdd: () => metrics.queueAdds.inc(labels),
      onRetry: () => metrics.queueRetries.inc(labels),
    });
    this.queue = queue;
    metrics.observeController(name, options.concurrency, {
      depth: (priority) => queue.depth(priority),
      running: () => queue.running().map((ms) => ms / 1000),
      get activeWorkers() {
        return queue.running().length;
      },
    });
  }

  /**
   * Works until `stop` aborts, then waits for the reconciles in hand.
   * @param cut ends the requests of those.
   */
  run(stop: AbortSignal, cut?: AbortSignal): Promise<void> {
    return this.queue.run((_key, ticket) => this.#work(ticket, stop, cut), stop, this.#options.concurrency);
  }

  async #work({ key, priority, waitedMs, failures }: Ticket, stop: AbortSignal, cut: AbortSignal | undefined): Promise<Disposal> {
    const { name: controller, logger, metrics, clock, reconcile, timeoutMs = 120_000 } = this.#options;
    const labels = { name: controller, controller };
    metrics.queueSeconds.observe(labels, waitedMs / 1000);
    const started = clock.now();
    const limit = deadline(timeoutMs, [cut]);
    const fields = { controller, key, reconcileID: randomUUID() };
    return await withRequestContext({ priority, signal: limit.signal, fields }, async () => {
      try {
        const result = await reconcile(key, limit.signal);
        return this.#done(result ?? {});
      } catch (error) {
        if (stop.aborted || error instanceof NotLeaderError) {
          logger.info('reconcile ended, another process goes on', { error: errorText(error) });
          return { type: 'forget' };
        }
        if (limit.signal.aborted) metrics.reconcileTimeouts.inc({ controller });
        return this.#failed(error, failures);
      } finally {
        limit.done();
        const seconds = (clock.now() - started) / 1000;
        metrics.reconcileSeconds.observe({ controller }, seconds);
        metrics.workSeconds.observe(labels, seconds);
      }
    });
  }

  #done({ requeueAfterMs, requeue }: ReconcileResult): Disposal {
    const { name: controller, metrics } = this.#options;
    if (requeueAfterMs !== undefined) {
      metrics.reconciles.inc({ controller, result: 'requeue_after' });
      return { type: 'after', ms: requeueAfterMs };
    }
    metrics.reconciles.inc({ controller, result: requeue ? 'requeue' : 'success' });
    return { type: requeue ? 'retry' : 'forget' };
  }

  #failed(error: unknown, failures: number): Disposal {
    const { name: controller, metrics, logger } = this.#options;
    metrics.reconciles.inc({ controller, result: 'error' });
    metrics.reconcileErrors.inc({ controller });
    if (isMistake(error)) metrics.panics.inc({ controller });
    if (error instanceof TerminalError) {
      metrics.terminalErrors.inc({ controller });
      logger.error('reconcile failed, will be tried again when something changes', { error: errorText(error) });
      return { type: 'forget' };
    }
    const stack = isMistake(error) && error.stack !== undefined ? { stack: error.stack } : {};
    logger.error('reconcile failed, will be tried again', { error: errorText(error), failures: failures + 1, ...stack });
    return { type: 'retry', pauseMs: pauseMs(error) };
  }
}

/** Errors that the engine throws when a program is wrong: the counterpart of a panic. */
function isMistake(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError;
}
