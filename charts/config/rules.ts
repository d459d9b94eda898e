import { OPERATION_DURATION } from '../../src/metrics/instruments.ts';
import { SEED_METRICS } from '../../src/metrics/seed.ts';
import { seriesName } from '../../src/metrics/series-name.ts';

/** Recording rules that give the source document's names to what the installed OpenLIT version, or the collector, really sends. */
export function recordingRules(): object {
  return {
    groups: [
      {
        name: 'duotel-names',
        rules: SEED_METRICS.flatMap((metric) =>
          metric.source.kind === 'recorded' ? [{ record: metric.name, expr: metric.source.expr }] : [],
        ),
      },
    ],
  };
}

/** Alerts on the stack's own health and on failing calls. Prometheus shows them; nothing sends them on. */
export function alertingRules(): object {
  const alert = (name: string, expr: string, wait: string, severity: 'warning' | 'critical', summary: string) => ({
    alert: name,
    expr,
    for: wait,
    labels: { severity },
    annotations: { summary },
  });
  // One expression a metric: a rate over a regular expression of names drops the name, and two series with equal labels then fail.
  const anyRate = (metrics: readonly string[]) => metrics.map((metric) => `sum by (exporter) (rate(${metric}[5m])) > 0`).join(' or ');
  const duration = `${seriesName(OPERATION_DURATION)}_count`;
  return {
    groups: [
      {
        name: 'duotel-alerts',
        rules: [
          alert('DuotelTargetDown', 'up == 0', '5m', 'critical', '{{ $labels.job }} has not been reachable for five minutes.'),
          alert(
            'DuotelCollectorDropping',
            anyRate(['otelcol_exporter_send_failed_spans', 'otelcol_exporter_enqueue_failed_spans']),
            '5m',
            'critical',
            'The collector loses spans: {{ $labels.exporter }} takes no more.',
          ),
          alert(
            // The exporter never gives up, so send_failed stays still while Jaeger is away: what moves is the queue.
            'DuotelCollectorQueueStuck',
            'sum by (exporter) (min_over_time(otelcol_exporter_queue_size[2m])) > 0 unless on (exporter) sum by (exporter) (rate(otelcol_exporter_sent_spans[2m])) > 0',
            '5m',
            'warning',
            'Spans wait in the collector and none reaches Jaeger.',
          ),
          alert(
            'DuotelCollectorQueueNearFull',
            'otelcol_exporter_queue_size / otelcol_exporter_queue_capacity > 0.8',
            '10m',
            'warning',
            'The queue of {{ $labels.exporter }} is over 80 % full.',
          ),
          alert(
            'DuotelCollectorRefusing',
            'sum(rate(otelcol_receiver_refused_spans[5m])) > 0 or sum(rate(otelcol_receiver_refused_metric_points[5m])) > 0',
            '5m',
            'warning',
            'The collector refuses data: it is short of memory or its queue is full.',
          ),
          alert(
            'DuotelLlmErrors',
            `sum by (k8s_namespace_name, service_name) (rate(${duration}{error_type!="",gen_ai_request_model!="unknown"}[5m])) / sum by (k8s_namespace_name, service_name) (rate(${duration}{gen_ai_request_model!="unknown"}[5m])) > 0.05`,
            '10m',
            'warning',
            'More than 5 % of the model calls of {{ $labels.k8s_namespace_name }}/{{ $labels.service_name }} fail.',
          ),
        ],
      },
    ],
  };
}
