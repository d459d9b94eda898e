import { PORT } from '../../src/api/names.ts';
import type { ResolvedStackSpec } from '../../src/api/telemetry-stack.ts';
import { PRODUCER_ATTRIBUTE, SPAN_METRICS_NAMESPACE, SPAN_METRICS_UNIT } from '../../src/metrics/span-metrics.ts';
import { bytes } from '../quantity.ts';
import { attributeLimits } from './attribute-limits.ts';
import { address, type StackRef } from './edges.ts';
import { genAiStatements } from './genai-statements.ts';
import { tokensFromSpans } from './tokens-from-spans.ts';

/** Where the queue of spans that wait for Jaeger is kept: a volume, persistent or not. */
export const QUEUE_DIRECTORY = '/var/lib/otelcol/queue';

/** The largest batch sent to Jaeger, in bytes; its receiver takes MESSAGE_MIB. A span that is larger by itself is dropped. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** The largest message a receiver takes: spans with prompts pass the default of 4 MiB. */
export const MESSAGE_MIB = 16;

/** LLM calls take seconds to minutes; the connector's own buckets end at 15 s. */
const LATENCY_BUCKETS = ['50ms', '100ms', '250ms', '500ms', '1s', '2s', '5s', '10s', '20s', '30s', '60s', '120s'];

/** Resource attributes that become labels of every series: the application's own metrics have no service_name without them. */
const RESOURCE_LABELS = ['service.name', 'service.version', 'deployment.environment.name', 'k8s.namespace.name'];

/**
 * The OpenTelemetry Collector's configuration, with the component names of contrib 0.161 (see docs/adr/0003).
 * It holds nothing that depends on the container's resources, so that a new memory limit changes the StatefulSet alone.
 */
export function collectorConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const spanMetrics = spec.collector.spanMetrics.enabled ? ['span_metrics'] : [];
  return {
    extensions: {
      health_check: { endpoint: `0.0.0.0:${PORT.health}` },
      file_storage: {
        directory: QUEUE_DIRECTORY,
        create_directory: true,
        compaction: { on_start: true, directory: QUEUE_DIRECTORY, cleanup_on_start: true },
      },
    },
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `0.0.0.0:${PORT.otlpGrpc}`, max_recv_msg_size_mib: MESSAGE_MIB },
          http: { endpoint: `0.0.0.0:${PORT.otlpHttp}`, max_request_body_size: MESSAGE_MIB * 1024 * 1024 },
        },
      },
    },
    processors: {
      memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 },
      'transform/genai': { error_mode: 'ignore', trace_statements: genAiStatements() },
      'transform/limits': { error_mode: 'ignore', trace_statements: attributeLimits() },
      // Counters made from spans are deltas, and the exporter takes a delta for a reset unless it continues the last one exactly.
      delta_to_cumulative: { max_stale: '30m' },
      // Log records are accepted, so that no SDK reports an error, and dropped: the stack has no store for logs. They are counted in
      // otelcol_processor_filter_logs_filtered.
      'filter/drop': { error_mode: 'ignore', logs: { log_record: ['true'] } },
    },
    connectors: {
      ...(spec.collector.spanMetrics.enabled && { span_metrics: spanMetricsConnector() }),
      signal_to_metrics: tokensFromSpans(),
    },
    exporters: {
      'otlp_grpc/jaeger': {
        endpoint: address(stack, 'jaeger', PORT.otlpGrpc),
        tls: { insecure: true },
        // 0s: never give up; what waits is on disk and bounded by queue_size.
        retry_on_failure: { enabled: true, initial_interval: '1s', max_interval: '30s', max_elapsed_time: '0s' },
        sending_queue: {
          storage: 'file_storage',
          // Bytes, not spans: a span with a prompt is a hundred times one without, and the volume must never be full. Half of it, since
          // the store's file keeps free pages.
          sizer: 'bytes',
          queue_size: Math.floor(bytes(spec.collector.storage.size) / 2),
          num_consumers: 4,
          batch: { sizer: 'bytes', flush_timeout: '1s', min_size: 262144, max_size: BATCH_BYTES },
        },
      },
      prometheus: {
        endpoint: `0.0.0.0:${PORT.collectorMetrics}`,
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        enable_open_metrics: true,
        send_timestamps: false,
        // The default of 5m makes the series of an application with little traffic vanish between two questions.
        metric_expiration: '60m',
        resource_constant_labels: { included: RESOURCE_LABELS },
      },
      // Only the end that a pipeline must have: filter/drop lets nothing through to it.
      'debug/dropped': { verbosity: 'basic' },
    },
    service: {
      extensions: ['health_check', 'file_storage'],
      telemetry: {
        logs: { level: 'info', encoding: 'json' },
        metrics: { level: 'normal', readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: PORT.selfMetrics } } } }] },
      },
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: ['memory_limiter', 'transform/genai', 'transform/limits'],
          exporters: ['otlp_grpc/jaeger', ...spanMetrics, 'signal_to_metrics'],
        },
        metrics: {
          receivers: ['otlp', ...spanMetrics, 'signal_to_metrics'],
          processors: ['memory_limiter', 'delta_to_cumulative'],
          exporters: ['prometheus'],
        },
        logs: { receivers: ['otlp'], processors: ['memory_limiter', 'filter/drop'], exporters: ['debug/dropped'] },
      },
    },
  };
}

function spanMetricsConnector(): object {
  return {
    namespace: SPAN_METRICS_NAMESPACE,
    histogram: { unit: SPAN_METRICS_UNIT, explicit: { buckets: LATENCY_BUCKETS } },
    dimensions: [
      { name: PRODUCER_ATTRIBUTE },
      { name: 'gen_ai.operation.name' },
      { name: 'gen_ai.request.model' },
      { name: 'gen_ai.provider.name' },
    ],
    // A new identifier at each restart would start every series anew; there is one replica, so nothing else needs it.
    exclude_dimensions: ['collector.instance.id'],
    // Pods of one service share their series; services of the same name in two namespaces or environments do not.
    resource_metrics_key_attributes: ['service.namespace', 'service.name', 'k8s.namespace.name', 'deployment.environment.name'],
    aggregation_cardinality_limit: 5000,
    aggregation_temporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
    metrics_flush_interval: '15s',
    metrics_expiration: '1h',
    exemplars: { enabled: true, max_per_data_point: 5 },
  };
}
