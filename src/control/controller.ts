import type { Clock, Random } from '../kube/retry.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { WorkQueue } from './work-queue.ts';

export interface ControllerOptions {
  /** Its name in logs and metrics. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Keys worked on at the same time. */
  readonly concurrency: number;
  readonly reconcile: (key: string) => Promise<void>;
}

/** A queue and the function that works on its keys, with the log lines and metrics every controller has. */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.queue = new WorkQueue({ clock: options.clock, random: options.random });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.queue.run((key) => this.#work(key), signal, this.#options.concurrency);
  }

  async #work(key: string): Promise<void> {
    const { name: controller, logger, metrics, clock, reconcile } = this.#options;
    const started = clock.now();
    try {
      await reconcile(key);
      metrics.reconciles.inc({ controller, result: 'success' });
    } catch (error) {
      metrics.reconciles.inc({ controller, result: 'error' });
      metrics.reconcileErrors.inc({ controller });
      logger.error('reconcile failed, will be tried again', { controller, key, error: errorText(error) });
      throw error;
    } finally {
      metrics.reconcileSeconds.observe({ controller }, (clock.now() - started) / 1000);
      metrics.queueDepth.set({ name: controller }, this.queue.depth);
    }
  }
}
