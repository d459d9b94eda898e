import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The operator's own metrics. Names and labels are controller-runtime's where it has one, so that existing dashboards work. */
export class Metrics {
  readonly registry = new Registry();
  readonly reconciles: Counter;
  readonly reconcileErrors: Counter;
  readonly reconcileSeconds: Histogram;
  readonly queueDepth: Gauge;
  readonly requests: Counter;
  readonly requestSeconds: Histogram;
  readonly requestRetries: Counter;
  readonly watchTroubles: Counter;
  readonly driftCorrections: Counter;
  readonly workloads: Gauge;

  constructor() {
    const registers = [this.registry];
    this.reconciles = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by controller and result.',
      labelNames: ['controller', 'result'],
      registers,
    });
    this.reconcileErrors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that failed, by controller.',
      labelNames: ['controller'],
      registers,
    });
    this.reconcileSeconds = new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Duration of a reconcile, by controller.',
      labelNames: ['controller'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.queueDepth = new Gauge({ name: 'workqueue_depth', help: 'Keys that wait, by queue.', labelNames: ['name'], registers });
    this.requests = new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server by method and status code; code 0 when no answer came.',
      labelNames: ['method', 'code'],
      registers,
    });
    this.requestSeconds = new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Time until the headers of an answer of the API server.',
      labelNames: ['verb'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers,
    });
    this.requestRetries = new Counter({ name: 'rest_client_request_retries_total', help: 'Requests sent again.', registers });
    this.watchTroubles = new Counter({
      name: 'duotel_watch_troubles_total',
      help: 'Lists and watches that ended with an error, by resource.',
      labelNames: ['resource', 'what'],
      registers,
    });
    this.driftCorrections = new Counter({
      name: 'duotel_drift_corrections_total',
      help: 'Objects of a stack that were written because they differed from what is wanted, by kind.',
      labelNames: ['kind'],
      registers,
    });
    this.workloads = new Gauge({
      name: 'duotel_workloads',
      help: 'Annotated workloads, by state and reason.',
      labelNames: ['state', 'reason'],
      registers,
    });
    this.#process();
    for (const controller of ['stack', 'workload']) {
      for (const result of ['success', 'error']) this.reconciles.inc({ controller, result }, 0);
      this.reconcileErrors.inc({ controller }, 0);
    }
  }

  /** What tells a leak, by prom-client's own names; its whole default set would cost an observer of every garbage collection. */
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
