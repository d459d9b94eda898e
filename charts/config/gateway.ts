import { PORT } from '../../api/names.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { pushExporter } from './collector.ts';
import {
  DELTA_TO_CUMULATIVE,
  HEALTH_CHECK,
  MEMORY_LIMITER,
  MESSAGE_MIB,
  SELF_TELEMETRY,
  spanMetricsConnector,
} from './collector-common.ts';
import { prometheusUrl } from './prometheus-url.ts';
import { tokensFromSpans } from './tokens-from-spans.ts';

/** Label with the pod of the tier that has counted. */
export const WRITER = 'collector.instance.id';

/**
 * The configuration of the gateway tier. The first tier sends it the spans of services; it makes metrics of them and pushes these to
 * Prometheus. It stores nothing. A pod that dies loses the counts of one flush interval, and no span, since the first tier sends spans to
 * Jaeger. Its port is open to the first tier alone, so it asks for no certificate.
 */
export function gatewayConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const { spanMetrics } = spec.collector;
  const connectors = [...(spanMetrics.enabled ? ['span_metrics'] : []), 'signal_to_metrics'];
  return {
    extensions: { health_check: HEALTH_CHECK },
    receivers: { otlp: { protocols: { grpc: { endpoint: `0.0.0.0:${PORT.otlpGrpc}`, max_recv_msg_size_mib: MESSAGE_MIB } } } },
    processors: {
      memory_limiter: MEMORY_LIMITER,
      delta_to_cumulative: DELTA_TO_CUMULATIVE,
      // If a service moves to another gateway, that one counts from zero. A series for each gateway keeps the counts apart: in one series,
      // the way back would look like all the past calls again.
      'transform/writer': {
        error_mode: 'ignore',
        metric_statements: [{ context: 'datapoint', statements: [`set(datapoint.attributes["${WRITER}"], "\${env:POD_NAME}")`] }],
      },
    },
    connectors: {
      ...(spanMetrics.enabled && { span_metrics: spanMetricsConnector(spanMetrics.flushInterval) }),
      signal_to_metrics: tokensFromSpans(),
    },
    exporters: { 'otlp_http/prometheus': pushExporter(prometheusUrl(stack, spec), undefined) },
    service: {
      extensions: ['health_check'],
      telemetry: SELF_TELEMETRY,
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: connectors },
        metrics: {
          receivers: connectors,
          processors: ['memory_limiter', 'delta_to_cumulative', 'transform/writer'],
          exporters: ['otlp_http/prometheus'],
        },
      },
    },
  };
}
