import { SPANS_WITH_CONTENT } from '../../api/metrics/content-canary.ts';
import { OPERATION_DURATION } from '../../api/metrics/instruments.ts';
import { seriesName } from '../../api/metrics/series-name.ts';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold. */
  readonly for: string;
  readonly severity: 'warning' | 'critical';
  /** One sentence for the person who is called. The page docs/runbooks/<alert>.md says the rest. */
  readonly summary: string;
}

export interface AlertSettings {
  /** USD that all calls may cost in 30 days. @default no budget, and no alert on it */
  readonly monthlyCostBudget?: number;
}

/** A shared Prometheus has other people's collectors too. */
const OURS = 'job=~"collector|gateway"';
// One expression a metric. A rate over a regular expression of names drops the name, and then two series with equal labels make it fail.
// Ten minutes: with a scrapeInterval of 2m, a shorter window has too few samples for a rate as soon as one is missed.
const anyRate = (by: string, metrics: readonly string[]) =>
  metrics.map((metric) => `sum${by} (rate(${metric}{${OURS}}[10m])) > 0`).join(' or ');
const losses = ['send_failed', 'enqueue_failed'].flatMap((what) =>
  ['spans', 'metric_points'].map((of) => `otelcol_exporter_${what}_${of}`),
);
const CALLS = `${seriesName(OPERATION_DURATION)}_count`;
const SERVICE = 'sum by (k8s_namespace_name, service_name)';
const CONTENT = seriesName(SPANS_WITH_CONTENT);

const STACK_ALERTS: readonly Alert[] = [
  {
    alert: 'DuotelTargetDown',
    expr: 'up == 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.job }} has not been reachable for five minutes.',
  },
  {
    alert: 'DuotelCollectorDropping',
    expr: anyRate(' by (exporter)', losses),
    for: '5m',
    severity: 'critical',
    summary: 'The collector loses spans or metrics: {{ $labels.exporter }} takes no more.',
  },
  {
    // The exporter never gives up, so send_failed stands still while Jaeger is away; the queue moves. Queues of metrics have the same name,
    // and no sent_spans.
    alert: 'DuotelCollectorQueueStuck',
    expr: `sum by (exporter) (min_over_time(otelcol_exporter_queue_size{${OURS},data_type="traces"}[10m])) > 0 unless on (exporter) sum by (exporter) (rate(otelcol_exporter_sent_spans{${OURS}}[10m])) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Spans wait in the collector, and {{ $labels.exporter }} has sent none for ten minutes.',
  },
  {
    alert: 'DuotelCollectorQueueNearFull',
    expr: `otelcol_exporter_queue_size{${OURS}} / otelcol_exporter_queue_capacity{${OURS}} > 0.8`,
    for: '10m',
    severity: 'warning',
    summary: 'The queue of {{ $labels.exporter }} is over 80 % full.',
  },
  {
    alert: 'DuotelCollectorRefusing',
    expr: anyRate('', ['otelcol_receiver_refused_spans', 'otelcol_receiver_refused_metric_points']),
    for: '5m',
    severity: 'warning',
    summary: 'The collector refuses data: it is short of memory or its queue is full.',
  },
  {
    alert: 'DuotelOperatorFailing',
    expr: 'sum by (controller) (rate(controller_runtime_reconcile_errors_total{job="operator"}[10m])) > 0',
    for: '15m',
    severity: 'warning',
    summary: 'The operator has failed to reconcile a {{ $labels.controller }} for a quarter of an hour.',
  },
  {
    alert: 'DuotelLlmErrors',
    expr: `${SERVICE} (rate(${CALLS}{error_type!="",gen_ai_request_model!="unknown"}[5m])) / ${SERVICE} (rate(${CALLS}{gen_ai_request_model!="unknown"}[5m])) > 0.05`,
    for: '10m',
    severity: 'warning',
    summary: 'More than 5 % of the model calls of {{ $labels.k8s_namespace_name }}/{{ $labels.service_name }} fail.',
  },
  {
    // The first span makes the series. Without `unless`, a leak of one span would show no increase.
    alert: 'DuotelContentLeak',
    expr: `${SERVICE} (increase(${CONTENT}[15m])) > 0 or ${SERVICE} (${CONTENT} unless ${CONTENT} offset 15m) > 0`,
    for: '0m',
    severity: 'critical',
    summary:
      '{{ $labels.k8s_namespace_name }}/{{ $labels.service_name }} sends prompts or completions in its spans, and was not asked to (duotel.io/capture-content).',
  },
];

/** Hours of the budget's period. */
const MONTH = 30 * 24;

/**
 * Two speeds, each over a long and a short window (the multi-window burn rates of the SRE workbook, chapter 5). So one expensive minute
 * calls nobody, and the alert ends soon after the spending.
 */
function budgetAlerts(budget: number): readonly Alert[] {
  const pace = (window: string) => `sum(rate(gen_ai_total_cost[${window}])) * 3600`;
  const over = (times: number, long: string, short: string) => {
    const limit = Number(((budget / MONTH) * times).toPrecision(6));
    return `${pace(long)} > ${limit} and ${pace(short)} > ${limit}`;
  };
  return [
    {
      alert: 'DuotelCostBurnRateFast',
      expr: over(10, '1h', '5m'),
      for: '5m',
      severity: 'critical',
      summary: `Calls to models cost {{ $value | humanize }} USD an hour: at this pace a budget of ${budget} USD for 30 days lasts three days or less.`,
    },
    {
      alert: 'DuotelCostBurnRate',
      expr: over(2, '6h', '30m'),
      for: '15m',
      severity: 'warning',
      summary: `Calls to models cost {{ $value | humanize }} USD an hour: at this pace a budget of ${budget} USD for 30 days lasts fifteen days or less.`,
    },
  ];
}

/** Every alert of a stack with these settings. */
export function alerts({ monthlyCostBudget }: AlertSettings = {}): readonly Alert[] {
  return [...STACK_ALERTS, ...(monthlyCostBudget === undefined ? [] : budgetAlerts(monthlyCostBudget))];
}

/** Prometheus' rule file. Prometheus shows which alerts fire; nothing sends them on. */
export function alertingRules(settings: AlertSettings = {}): object {
  const rules = alerts(settings).map(({ alert, expr, for: wait, severity, summary }) => ({
    alert,
    expr,
    for: wait,
    labels: { severity },
    annotations: { summary, runbook: `docs/runbooks/${alert}.md` },
  }));
  return { groups: [{ name: 'duotel-alerts', rules }] };
}
