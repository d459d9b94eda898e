import { PRODUCER_ATTRIBUTE, SPAN_METRICS_NAMESPACE, SPAN_METRICS_UNIT } from '../../api/metrics/span-metrics.ts';
import { PORT } from '../../api/names.ts';

/** Parts of the configuration that both tiers of collectors have. Component names are those of contrib 0.161 (docs/adr/0003). */

/** The directory of the queues: a volume, persistent or not. */
export const QUEUE_DIRECTORY = '/var/lib/otelcol/queue';

/** The largest batch to Jaeger, in bytes; its receiver takes MESSAGE_MIB. If a single span is larger, it is dropped. */
export const BATCH_BYTES = 8 * 1024 * 1024;
/** The largest message that a receiver takes: spans with prompts are larger than the default of 4 MiB. */
export const MESSAGE_MIB = 16;

/** LLM calls take seconds to minutes; the connector's own buckets end at 15 s. */
const LATENCY_BUCKETS = ['50ms', '100ms', '250ms', '500ms', '1s', '2s', '5s', '10s', '20s', '30s', '60s', '120s'];

/** Resource attributes that become labels of every series. Without them, the application's own metrics have no service_name. */
export const RESOURCE_LABELS = ['service.name', 'service.version', 'deployment.environment.name', 'k8s.namespace.name'];

export const HEALTH_CHECK = { endpoint: `0.0.0.0:${PORT.health}` };
export const MEMORY_LIMITER = { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 };

/** 0s: never give up. The waiting data is on disk, and its queue bounds it. */
export const RETRY = { enabled: true, initial_interval: '1s', max_interval: '30s', max_elapsed_time: '0s' };

/** Logs as JSON, and the collector's own metrics at a port of their own. */
export const SELF_TELEMETRY = {
  logs: { level: 'info', encoding: 'json' },
  metrics: { level: 'normal', readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: PORT.selfMetrics } } } }] },
};

/** Counters made from spans are deltas. The next step takes a delta for a reset, unless it continues the last one exactly. */
export const DELTA_TO_CUMULATIVE = { max_stale: '30m' };

/** A queue on disk of at most `bytes`. It sends the data of a second as one batch. */
export function diskQueue(bytes: number, extra: object = {}): object {
  return {
    storage: 'file_storage',
    // Counted in bytes, not spans: a span with a prompt is a hundred times one without, and the volume must never be full.
    sizer: 'bytes',
    queue_size: bytes,
    num_consumers: 4,
    batch: { sizer: 'bytes', flush_timeout: '1s', min_size: 262144, max_size: BATCH_BYTES },
    ...extra,
  };
}

export function spanMetricsConnector(flushInterval: string): object {
  return {
    namespace: SPAN_METRICS_NAMESPACE,
    histogram: { unit: SPAN_METRICS_UNIT, explicit: { buckets: LATENCY_BUCKETS } },
    dimensions: [
      { name: PRODUCER_ATTRIBUTE },
      { name: 'gen_ai.operation.name' },
      { name: 'gen_ai.request.model' },
      { name: 'gen_ai.provider.name' },
    ],
    // A new identifier at each restart would start every series anew. Each series has one writer, so nothing else needs it.
    exclude_dimensions: ['collector.instance.id'],
    // Pods of one service share their series. Services of the same name in two namespaces or environments do not.
    resource_metrics_key_attributes: ['service.namespace', 'service.name', 'k8s.namespace.name', 'deployment.environment.name'],
    aggregation_cardinality_limit: 5000,
    aggregation_temporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
    metrics_flush_interval: flushInterval,
    metrics_expiration: '1h',
    exemplars: { enabled: true, max_per_data_point: 5 },
  };
}
