import { SPAN_METRICS_NAMESPACE, SPAN_METRICS_UNIT } from '../../api/metrics/span-metrics.ts';
import { PORT } from '../../api/names.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { MESSAGE_MIB } from './collector-common.ts';
import { traceStore } from './jaeger-storage.ts';
import { prometheusUrl } from './prometheus-url.ts';

export const JAEGER_CONFIG_DIRECTORY = '/etc/jaeger';

/**
 * Jaeger v2's configuration: OTLP in, a trace store, and the Monitor tab from Prometheus where span metrics are on. It does not set `ai`,
 * whose keys changed between 2.20 and 2.21. It gives every address: in a custom configuration, the defaults are localhost.
 */
export function jaegerConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const monitor = spec.collector.spanMetrics.enabled;
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      telemetry: {
        resource: { 'service.name': 'jaeger' },
        logs: { level: 'info' },
        metrics: { level: 'normal', readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: PORT.selfMetrics } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['jaeger_storage_exporter'] } },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: `0.0.0.0:${PORT.health}` } },
      jaeger_query: {
        // Jaeger would otherwise store traces of its own queries among the workloads'.
        enable_tracing: false,
        http: { endpoint: `0.0.0.0:${PORT.jaegerUi}` },
        storage: { traces: 'trace_store', ...(monitor && { metrics: 'metric_store' }) },
        ui: { config_file: `${JAEGER_CONFIG_DIRECTORY}/ui-config.json` },
      },
      jaeger_storage: {
        backends: { trace_store: traceStore(spec.jaeger) },
        ...(monitor && {
          metric_backends: {
            metric_store: {
              prometheus: {
                endpoint: prometheusUrl(stack, spec),
                metric_namespace: SPAN_METRICS_NAMESPACE,
                latency_unit: SPAN_METRICS_UNIT,
                // Both are off by default, and then the Monitor tab is empty: the names carry `_total` and `_milliseconds`.
                normalize_calls: true,
                normalize_duration: true,
              },
            },
          },
        }),
      },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: `0.0.0.0:${PORT.otlpGrpc}`, max_recv_msg_size_mib: MESSAGE_MIB } } } },
    processors: { memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'trace_store', retry_on_failure: { enabled: true } } },
  };
}

/** What Jaeger's pages show. */
export function jaegerUiConfig(spec: ResolvedStackSpec): object {
  return {
    monitor: { menuEnabled: spec.collector.spanMetrics.enabled },
    dependencies: { menuEnabled: true },
    useOpenTelemetryTerms: true,
  };
}
