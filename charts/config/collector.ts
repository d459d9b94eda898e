import { PORT } from '../../api/names.ts';
import { bytes } from '../../api/quantity.ts';
import { pushesMetrics } from '../../api/stack-parts.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { attributeLimits } from './attribute-limits.ts';
import {
  DELTA_TO_CUMULATIVE,
  diskQueue,
  HEALTH_CHECK,
  MEMORY_LIMITER,
  QUEUE_DIRECTORY,
  RESOURCE_LABELS,
  RETRY,
  SELF_TELEMETRY,
  spanMetricsConnector,
} from './collector-common.ts';
import { address } from './edges.ts';
import { extraExporters, extraParts, extraQueueBytes, waysOut } from './extra-exporters.ts';
import { genAiStatements } from './genai-statements.ts';
import { authenticator, otlpReceiver } from './otlp-receiver.ts';
import { prometheusUrl } from './prometheus-url.ts';
import { tailSampling } from './sampling.ts';
import { tokensFromSpans } from './tokens-from-spans.ts';

const LOAD_BALANCER = 'load_balancing/gateway';
const PUSH = 'otlp_http/prometheus';

/**
 * The configuration of the OpenTelemetry Collector that workloads send to. Alone, it makes the metrics from spans too. Before a gateway
 * tier, it hands each service's spans to one gateway for that, and pushes the metrics that workloads send. Nothing in it depends on the
 * container's resources, so a new memory limit changes the StatefulSet alone.
 */
export function collectorConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const { collector } = spec;
  const queues = queueBytes(spec);
  const push = pushesMetrics(spec);
  const forwardsLogs = waysOut(collector, 'logs').length > 0;
  const tokens = push ? [] : ['signal_to_metrics'];
  const extra = extraParts(collector);
  return {
    extensions: {
      health_check: HEALTH_CHECK,
      file_storage: {
        directory: QUEUE_DIRECTORY,
        create_directory: true,
        compaction: { on_start: true, directory: QUEUE_DIRECTORY, cleanup_on_start: true },
      },
      ...authenticator(collector),
    },
    receivers: { otlp: otlpReceiver(collector) },
    processors: {
      memory_limiter: MEMORY_LIMITER,
      ...(collector.k8sAttributes.enabled && { k8s_attributes: k8sAttributes() }),
      'transform/genai': { error_mode: 'ignore', trace_statements: genAiStatements() },
      'transform/limits': { error_mode: 'ignore', trace_statements: attributeLimits() },
      delta_to_cumulative: DELTA_TO_CUMULATIVE,
      ...(collector.sampling.enabled && { tail_sampling: tailSampling(collector.sampling) }),
      // The collector accepts log records, so that no SDK reports an error, and drops them: the stack has no store for logs.
      // otelcol_processor_filter_logs_filtered counts them.
      ...(!forwardsLogs && { 'filter/drop': { error_mode: 'ignore', logs: { log_record: ['true'] } } }),
      ...extra.processors,
    },
    connectors: {
      ...(collector.spanMetrics.enabled && !push && { span_metrics: spanMetricsConnector(collector.spanMetrics.flushInterval) }),
      ...(!push && { signal_to_metrics: tokensFromSpans() }),
      ...(collector.sampling.enabled && { 'forward/stored': {} }),
      ...extra.connectors,
    },
    exporters: {
      'otlp_grpc/jaeger': {
        endpoint: address(stack, 'jaeger', PORT.otlpGrpc),
        tls: { insecure: true },
        retry_on_failure: RETRY,
        sending_queue: diskQueue(queues.jaeger),
      },
      ...(push
        ? {
            [LOAD_BALANCER]: loadBalancer(address(stack, 'gateway', PORT.otlpGrpc), queues.gateway),
            [PUSH]: pushExporter(prometheusUrl(stack, spec), queues.metrics),
          }
        : { prometheus: prometheusExporter() }),
      ...extraExporters(collector),
      // A pipeline must have an end: filter/drop lets nothing through to this one.
      ...(!forwardsLogs && { 'debug/dropped': { verbosity: 'basic' } }),
    },
    service: {
      extensions: ['health_check', 'file_storage', ...Object.keys(authenticator(collector))],
      telemetry: SELF_TELEMETRY,
      pipelines: { ...pipelines(spec, tokens, forwardsLogs), ...extra.pipelines },
    },
  };
}

function pipelines({ collector }: ResolvedStackSpec, tokens: readonly string[], forwardsLogs: boolean): object {
  const push = tokens.length === 0;
  const spanMetrics = collector.spanMetrics.enabled && !push ? ['span_metrics'] : [];
  const first = ['memory_limiter', ...(collector.k8sAttributes.enabled ? ['k8s_attributes'] : [])];
  const stores = ['otlp_grpc/jaeger', ...waysOut(collector, 'traces')];
  const counts = push ? [LOAD_BALANCER] : [...spanMetrics, ...tokens];
  return {
    traces: {
      receivers: ['otlp'],
      processors: [...first, 'transform/genai', 'transform/limits'],
      // Metrics count every span, so they are made before spans are left out.
      exporters: collector.sampling.enabled ? ['forward/stored', ...counts] : [...stores, ...counts],
    },
    ...(collector.sampling.enabled && {
      'traces/stored': { receivers: ['forward/stored'], processors: ['tail_sampling'], exporters: stores },
    }),
    metrics: {
      receivers: ['otlp', ...spanMetrics, ...tokens],
      processors: [...first, 'delta_to_cumulative'],
      exporters: [push ? PUSH : 'prometheus', ...waysOut(collector, 'metrics')],
    },
    logs: forwardsLogs
      ? { receivers: ['otlp'], processors: first, exporters: [...waysOut(collector, 'logs')] }
      : { receivers: ['otlp'], processors: [...first, 'filter/drop'], exporters: ['debug/dropped'] },
  };
}

/**
 * The volume's share of each queue, in bytes. The store's files keep free pages, so a quarter of the volume stays free, or half without
 * further exporters.
 * @throws Error when the further exporters ask for more than a quarter.
 */
function queueBytes({ collector }: ResolvedStackSpec): { readonly jaeger: number; readonly gateway: number; readonly metrics: number } {
  const volume = bytes(collector.storage.size);
  const extra = extraQueueBytes(collector);
  if (extra > volume / 4) {
    const mebibytes = (value: number) => `${Math.ceil(value / 1024 ** 2)}Mi`;
    throw new Error(
      `spec.collector.exporters: their queueSize is ${mebibytes(extra)} together, expected at most a quarter of spec.collector.storage.size (${collector.storage.size}): write a size of at least ${mebibytes(extra * 4)}, or smaller queues`,
    );
  }
  const half = Math.floor(volume / 2);
  if (!collector.gateway.enabled) return { jaeger: half, gateway: 0, metrics: 0 };
  return { jaeger: Math.floor(half / 2), gateway: Math.floor(half / 4), metrics: Math.floor(half / 4) };
}

function prometheusExporter(): object {
  return {
    endpoint: `0.0.0.0:${PORT.collectorMetrics}`,
    translation_strategy: 'UnderscoreEscapingWithSuffixes',
    enable_open_metrics: true,
    send_timestamps: false,
    // With the default of 5m, the series of an application with little traffic vanish between two questions.
    metric_expiration: '60m',
    resource_constant_labels: { included: RESOURCE_LABELS },
  };
}

/** Metrics to Prometheus by OTLP. One consumer, because the samples of a series must come in their order. */
export function pushExporter(url: string, queue: number | undefined): object {
  const batch = { sizer: 'items', flush_timeout: '1s', min_size: 2000, max_size: 8000 };
  return {
    metrics_endpoint: `${url}/api/v1/otlp/v1/metrics`,
    retry_on_failure: RETRY,
    sending_queue: queue === undefined ? { num_consumers: 1, batch } : diskQueue(queue, { num_consumers: 1, batch }),
  };
}

/**
 * Spans to the gateways by service. If a gateway does not take data, it comes back to the queue on disk, and goes to the gateway that the
 * next look at DNS finds. Nothing is tried again towards one gateway alone: it would wait for one that is gone.
 */
function loadBalancer(target: string, queue: number): object {
  const [hostname, port] = target.split(':');
  return {
    routing_key: 'service',
    protocol: {
      otlp: { tls: { insecure: true }, timeout: '5s', retry_on_failure: { enabled: false }, sending_queue: { enabled: false } },
    },
    resolver: { dns: { hostname, port, interval: '5s', timeout: '2s' } },
    timeout: '10s',
    retry_on_failure: { ...RETRY, max_interval: '5s' },
    // No batches. So a repeated request is that of one SDK, and of one service. A batch of several services would be sent again whole when
    // one of their gateways is gone, and the others would count it twice.
    sending_queue: { storage: 'file_storage', sizer: 'bytes', queue_size: queue, num_consumers: 4 },
  };
}

/** Which pod a sender is, by its address or by what it says itself. */
function k8sAttributes(): object {
  return {
    auth_type: 'serviceAccount',
    extract: {
      metadata: [
        'k8s.namespace.name',
        'k8s.pod.name',
        'k8s.pod.uid',
        'k8s.deployment.name',
        'k8s.statefulset.name',
        'k8s.daemonset.name',
        'k8s.node.name',
      ],
    },
    pod_association: [
      { sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] },
      { sources: [{ from: 'resource_attribute', name: 'k8s.pod.ip' }] },
      { sources: [{ from: 'connection' }] },
    ],
  };
}
