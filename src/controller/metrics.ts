import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { PRIORITIES, type Priority } from '../kube/priority.ts';

/** What the metrics read from a queue at each scrape. */
export interface QueueState {
  depth(priority: Priority): number;
  /** Seconds that each key in hand has been worked on so far. */
  running(): readonly number[];
  readonly activeWorkers: number;
}

const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const;
export type ResultLabel = (typeof RESULTS)[number];

/** Seconds; controller-runtime's queue metrics go by powers of ten. */
const QUEUE_BUCKETS = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000];

/**
 * The operator's own metrics. Where controller-runtime (v0.24) and client-go have a metric, name and labels are theirs, so existing
 * dashboards and alerts work. The label for a priority is our own. Every series of a controller is there from its start, at 0.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly reconciles = this.#counter('controller_runtime_reconcile_total', 'Reconciles by controller and result.', [
    'controller',
    'result',
  ]);
  readonly reconcileErrors = this.#counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.', ['controller']);
  readonly terminalErrors = this.#counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciles that failed in a way that trying again does not mend.',
    ['controller'],
  );
  readonly panics = this.#counter('controller_runtime_reconcile_panics_total', 'Reconciles that failed by a mistake in the program.', [
    'controller',
  ]);
  readonly reconcileTimeouts = this.#counter('controller_runtime_reconcile_timeouts_total', 'Reconciles that took too long.', [
    'controller',
  ]);
  readonly reconcileSeconds = this.#histogram(
    'controller_runtime_reconcile_time_seconds',
    'Duration of a reconcile, by controller.',
    ['controller'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  );
  readonly maxConcurrentReconciles = this.#gauge('controller_runtime_max_concurrent_reconciles', 'Workers of a controller.', [
    'controller',
  ]);
  readonly queueAdds = this.#counter('workqueue_adds_total', 'Keys added, by queue.', ['name', 'controller']);
  readonly queueRetries = this.#counter('workqueue_retries_total', 'Keys that were put back after a failure.', ['name', 'controller']);
  readonly queueSeconds = this.#histogram(
    'workqueue_queue_duration_seconds',
    'How long a key waits before it is worked on.',
    ['name', 'controller'],
    QUEUE_BUCKETS,
  );
  readonly workSeconds = this.#histogram(
    'workqueue_work_duration_seconds',
    'How long a key is worked on.',
    ['name', 'controller'],
    QUEUE_BUCKETS,
  );
  readonly requests = this.#counter('rest_client_requests_total', 'Requests to the API server; code 0 when no answer came.', [
    'code',
    'method',
    'host',
  ]);
  readonly requestSeconds = this.#histogram(
    'rest_client_request_duration_seconds',
    'Time until the headers of an answer of the API server.',
    ['verb', 'host'],
    [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  );
  readonly requestRetries = this.#counter('rest_client_request_retries_total', 'Requests sent again.', ['verb']);
  readonly leader = this.#gauge('leader_election_master_status', '1 while this process holds the lease, 0 otherwise.', ['name']);
  readonly watchTroubles = this.#counter('duotel_watch_troubles_total', 'Lists and watches that ended with an error, by resource.', [
    'resource',
    'what',
  ]);
  readonly watchMissedEvents = this.#counter(
    'duotel_watch_missed_events_total',
    'Changes that a list found and that a watch should have brought before.',
    ['resource'],
  );
  readonly driftCorrections = this.#counter(
    'duotel_drift_corrections_total',
    'Objects of a stack that were written because they differed from what is wanted, by kind.',
    ['kind'],
  );
  readonly workloads = this.#gauge('duotel_workloads', 'Annotated workloads, by state and reason.', ['state', 'reason']);
  readonly #queues = new Map<string, QueueState>();
  readonly #watches = new Map<string, () => number>();

  constructor() {
    this.#process();
    this.#queueGauge('workqueue_depth', 'Keys that wait, by queue and priority.', ['name', 'controller', 'priority'], (state, set) => {
      for (const priority of PRIORITIES) set(state.depth(priority), { priority });
    });
    this.#queueGauge('workqueue_unfinished_work_seconds', 'Seconds of work in hand, summed.', ['name', 'controller'], (state, set) =>
      set(state.running().reduce((sum, seconds) => sum + seconds, 0)),
    );
    this.#queueGauge('workqueue_longest_running_processor_seconds', 'Of the oldest work in hand.', ['name', 'controller'], (state, set) =>
      set(Math.max(0, ...state.running())),
    );
    this.#queueGauge('controller_runtime_active_workers', 'Workers that are at work.', ['controller'], (state, set) =>
      set(state.activeWorkers),
    );
    const watches = this.#watches;
    new Gauge({
      name: 'duotel_watch_last_event_age_seconds',
      help: 'Time since the server last sent anything of a resource, be it the end of a stream; under a minute while all is well.',
      labelNames: ['resource'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [resource, read] of watches) this.set({ resource }, read());
      },
    });
  }

  /** Makes the series of a controller, at 0. */
  observeController(controller: string, concurrency: number, state: QueueState): void {
    const name = controller;
    this.#queues.set(controller, state);
    for (const result of RESULTS) this.reconciles.inc({ controller, result }, 0);
    for (const counter of [this.reconcileErrors, this.terminalErrors, this.panics, this.reconcileTimeouts]) counter.inc({ controller }, 0);
    for (const counter of [this.queueAdds, this.queueRetries]) counter.inc({ name, controller }, 0);
    for (const histogram of [this.queueSeconds, this.workSeconds]) histogram.zero({ name, controller });
    this.reconcileSeconds.zero({ controller });
    this.maxConcurrentReconciles.set({ controller }, concurrency);
  }

  /** Makes the series of a watched resource. `ageSeconds`: time since it was last heard of. */
  observeWatch(resource: string, ageSeconds: () => number): void {
    this.#watches.set(resource, ageSeconds);
    this.watchMissedEvents.inc({ resource }, 0);
    for (const what of ['list', 'watch']) this.watchTroubles.inc({ resource, what }, 0);
  }

  /** Ends the series of a resource's age: nobody watches it any more. */
  forgetWatch(resource: string): void {
    this.#watches.delete(resource);
  }

  #queueGauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (state: QueueState, set: (value: number, labels?: Readonly<Record<string, string>>) => void) => void,
  ): void {
    const queues = this.#queues;
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        for (const [controller, state] of queues) {
          const own = labelNames.includes('name') ? { name: controller, controller } : { controller };
          read(state, (value, labels = {}) => this.set({ ...own, ...labels }, value));
        }
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** Metrics that show a leak, under prom-client's own names. Its whole default set would cost an observer of every garbage collection. */
  #process(): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    };
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', () => process.memoryUsage.rss());
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
    gauge('nodejs_external_memory_bytes', 'Memory outside of the heap that objects in it hold.', () => process.memoryUsage().external);
    gauge(
      'nodejs_active_resources_total',
      'Sockets, timers and requests that keep the process alive.',
      () => process.getActiveResourcesInfo().length,
    );
  }
}
