/** Cases for `promtool test rules`: what each rule makes of what each OpenLIT version, or the collector, sends. */
export interface RuleTest {
  readonly name: string;
  readonly test: object;
}

const series = (name: string, labels: Readonly<Record<string, string>>, values: string) => ({
  series: `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`,
  values,
});
const expression = (expr: string, samples: readonly { readonly labels: string; readonly value: number }[], at = '5m') => ({
  expr,
  eval_time: at,
  exp_samples: samples,
});

const NEW = { gen_ai_request_model: 'm', job: 'apps/new', instance: 'n', service_name: 'new' };
const OLD = { gen_ai_request_model: 'm', job: 'apps/old', instance: 'o', service_name: 'old' };
const TOKENS = 'gen_ai_client_token_usage_sum';
const DURATION = 'gen_ai_client_operation_duration_seconds';
const IN_APPS = { ...NEW, k8s_namespace_name: 'apps' };

/** 5 minutes at 15 s are 20 steps. */
const STEPS = 'x20';

const current: RuleTest = {
  name: 'give each stable name to what OpenLIT 1.37.1 and later send',
  test: {
    interval: '15s',
    input_series: [
      series(TOKENS, { ...NEW, gen_ai_token_type: 'input' }, `0+100${STEPS}`),
      series(TOKENS, { ...NEW, gen_ai_token_type: 'output' }, `0+10${STEPS}`),
      series(`${DURATION}_count`, NEW, `0+1${STEPS}`),
      series(`${DURATION}_sum`, NEW, `0+2${STEPS}`),
      series(`${DURATION}_bucket`, { ...NEW, le: '5.0' }, `0+1${STEPS}`),
      series('gen_ai_usage_cost_USD_sum', NEW, `0+0.5${STEPS}`),
      series('db_requests_total', { service_name: 'new', db_system_name: 'chroma' }, `0+2${STEPS}`),
    ],
    promql_expr_test: [
      expression('sum by (service_name, gen_ai_request_model) (gen_ai_usage_input_tokens_total)', [
        { labels: '{service_name="new",gen_ai_request_model="m"}', value: 2000 },
      ]),
      expression('gen_ai_usage_output_tokens_total', [
        { labels: 'gen_ai_usage_output_tokens_total{gen_ai_request_model="m",job="apps/new",instance="n",service_name="new"}', value: 200 },
      ]),
      expression('sum(gen_ai_total_requests)', [{ labels: '{}', value: 20 }]),
      expression('sum(rate(gen_ai_total_cost[4m])) * 3600', [{ labels: '{}', value: 120 }]),
      expression('sum by (le) (gen_ai_request_duration_seconds_bucket)', [{ labels: '{le="5.0"}', value: 20 }]),
      expression('sum(gen_ai_request_duration_seconds_sum) / sum(gen_ai_request_duration_seconds_count)', [{ labels: '{}', value: 2 }]),
      expression('sum by (db_system) (db_total_requests)', [{ labels: '{db_system="chroma"}', value: 40 }]),
    ],
  },
};

const legacy: RuleTest = {
  name: 'leave what OpenLIT before 1.37.1 sends under these names as it is, beside a workload with a newer one',
  test: {
    interval: '15s',
    input_series: [
      series('gen_ai_usage_input_tokens_total', OLD, `0+100${STEPS}`),
      series('gen_ai_usage_output_tokens_total', OLD, `0+10${STEPS}`),
      series('gen_ai_requests_total', OLD, `0+1${STEPS}`),
      // Not split by token type, and a duration with other labels beside the counter: both would count the same calls again.
      series(TOKENS, OLD, `0+110${STEPS}`),
      series(`${DURATION}_count`, { ...OLD, server_address: 'api.example' }, `0+1${STEPS}`),
      series('db_requests_total', { service_name: 'old', db_system: 'chroma' }, `0+2${STEPS}`),
      series(TOKENS, { ...NEW, gen_ai_token_type: 'input' }, `0+100${STEPS}`),
      series(`${DURATION}_count`, NEW, `0+1${STEPS}`),
    ],
    promql_expr_test: [
      expression('sum by (service_name) (gen_ai_usage_input_tokens_total)', [
        { labels: '{service_name="new"}', value: 2000 },
        { labels: '{service_name="old"}', value: 2000 },
      ]),
      expression('sum by (service_name) (gen_ai_total_requests)', [
        { labels: '{service_name="new"}', value: 20 },
        { labels: '{service_name="old"}', value: 20 },
      ]),
      expression('sum by (db_system) (db_total_requests)', [{ labels: '{db_system="chroma"}', value: 40 }]),
    ],
  },
};

const oldest: RuleTest = {
  name: 'rename the token counters of OpenLIT before 1.16.1',
  test: {
    interval: '15s',
    input_series: [
      series('gen_ai_usage_prompt_tokens_total', OLD, `0+100${STEPS}`),
      series('gen_ai_usage_completion_tokens_total', OLD, `0+10${STEPS}`),
    ],
    promql_expr_test: [
      expression('sum(gen_ai_usage_input_tokens_total)', [{ labels: '{}', value: 2000 }]),
      expression('sum(gen_ai_usage_output_tokens_total)', [{ labels: '{}', value: 200 }]),
    ],
  },
};

const frameworkRows: RuleTest = {
  name: 'count calls to models, not the steps of a framework',
  test: {
    interval: '15s',
    input_series: [
      series(`${DURATION}_count`, NEW, `0+1${STEPS}`),
      series(`${DURATION}_count`, { ...NEW, gen_ai_request_model: 'unknown' }, `0+9${STEPS}`),
    ],
    promql_expr_test: [expression('sum(gen_ai_total_requests)', [{ labels: '{}', value: 20 }])],
  },
};

const alert = (
  alertname: string,
  input_series: readonly object[],
  labels: Readonly<Record<string, string>>,
  summary: string,
  at = '20m',
): RuleTest => ({
  name: `raise ${alertname}`,
  test: {
    interval: '15s',
    input_series,
    alert_rule_test: [
      {
        eval_time: at,
        alertname,
        exp_alerts: [{ exp_labels: labels, exp_annotations: { summary, runbook: `docs/runbooks/${alertname}.md` } }],
      },
    ],
  },
});

/** What looks like the trouble and is none. */
const silence = (alertname: string, what: string, input_series: readonly object[], at = '20m'): RuleTest => ({
  name: `raise no ${alertname} ${what}`,
  test: { interval: '15s', input_series, alert_rule_test: [{ eval_time: at, alertname, exp_alerts: [] }] },
});

const EXPORTER = { exporter: 'otlp_grpc/jaeger', job: 'collector' };
const QUEUE = { ...EXPORTER, data_type: 'traces' };
const METRICS_QUEUE = { exporter: 'otlp_http/prometheus', job: 'collector', data_type: 'metrics' };
/** Of a collector that is not ours, in a Prometheus that scrapes a whole cluster. */
const FOREIGN = { ...QUEUE, job: 'otel/agent' };

export const RULE_TESTS: readonly RuleTest[] = [
  current,
  legacy,
  oldest,
  frameworkRows,
  alert(
    'DuotelTargetDown',
    [series('up', { job: 'jaeger' }, '0x100')],
    { job: 'jaeger', severity: 'critical' },
    'jaeger has not been reachable for five minutes.',
  ),
  alert(
    'DuotelCollectorDropping',
    [series('otelcol_exporter_enqueue_failed_spans', EXPORTER, '0+5x100')],
    { exporter: 'otlp_grpc/jaeger', severity: 'critical' },
    'The collector loses spans or metrics: otlp_grpc/jaeger takes no more.',
  ),
  {
    ...alert(
      'DuotelCollectorDropping',
      // What a scrapeInterval of 2m leaves, with a scrape that was missed.
      [
        series(
          'otelcol_exporter_enqueue_failed_metric_points',
          { exporter: 'otlp_http/prometheus', job: 'collector' },
          '0 _x7 40 _x15 120 _x7 160 _x7 200 _x7 240 _x7 280 _x7 320 _x7 360',
        ),
      ],
      { exporter: 'otlp_http/prometheus', severity: 'critical' },
      'The collector loses spans or metrics: otlp_http/prometheus takes no more.',
    ),
    name: 'raise DuotelCollectorDropping on metrics that are read every two minutes',
  },
  alert(
    'DuotelCollectorQueueStuck',
    [series('otelcol_exporter_queue_size', QUEUE, '500x100'), series('otelcol_exporter_sent_spans', EXPORTER, '7x100')],
    { exporter: 'otlp_grpc/jaeger', severity: 'warning' },
    'Spans wait in the collector, and otlp_grpc/jaeger has sent none for ten minutes.',
  ),
  silence('DuotelCollectorQueueStuck', 'on a queue that drains', [
    series('otelcol_exporter_queue_size', QUEUE, '500x100'),
    series('otelcol_exporter_sent_spans', EXPORTER, '0+9x100'),
  ]),
  silence('DuotelCollectorQueueStuck', 'on a queue that drains and is read every two minutes', [
    series('otelcol_exporter_queue_size', QUEUE, '500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500 _x7 500'),
    series('otelcol_exporter_sent_spans', EXPORTER, '0 _x7 9 _x7 18 _x7 27 _x7 36 _x7 45 _x7 54 _x7 63 _x7 72 _x7 81 _x7 90'),
  ]),
  silence('DuotelCollectorQueueStuck', "on a queue of metrics, and on another's collector", [
    series('otelcol_exporter_queue_size', METRICS_QUEUE, '500x100'),
    series('otelcol_exporter_queue_size', FOREIGN, '500x100'),
  ]),
  alert(
    'DuotelCollectorQueueNearFull',
    [series('otelcol_exporter_queue_size', QUEUE, '90x100'), series('otelcol_exporter_queue_capacity', QUEUE, '100x100')],
    { ...QUEUE, severity: 'warning' },
    'The queue of otlp_grpc/jaeger is over 80 % full.',
  ),
  alert(
    'DuotelCollectorRefusing',
    [series('otelcol_receiver_refused_metric_points', { receiver: 'otlp', job: 'collector' }, '0+1x100')],
    { severity: 'warning' },
    'The collector refuses data: it is short of memory or its queue is full.',
  ),
  alert(
    'DuotelLlmErrors',
    [
      series(`${DURATION}_count`, IN_APPS, '0+9x100'),
      series(`${DURATION}_count`, { ...IN_APPS, error_type: 'RateLimitError' }, '0+1x100'),
      // A service of the same name elsewhere, without errors, hides nothing.
      series(`${DURATION}_count`, { ...NEW, k8s_namespace_name: 'staging' }, '0+1000x100'),
    ],
    { service_name: 'new', k8s_namespace_name: 'apps', severity: 'warning' },
    'More than 5 % of the model calls of apps/new fail.',
  ),
  alert(
    'DuotelOperatorFailing',
    [series('controller_runtime_reconcile_errors_total', { controller: 'stack', job: 'operator' }, '0+1x200')],
    { controller: 'stack', severity: 'warning' },
    'The operator has failed to reconcile a stack for a quarter of an hour.',
    '40m',
  ),
  alert(
    'DuotelContentLeak',
    [series('duotel_spans_with_content_total', { ...IN_APPS, telemetry_producer: 'openlit' }, '_x40 1x60')],
    { service_name: 'new', k8s_namespace_name: 'apps', severity: 'critical' },
    'apps/new sends prompts or completions in its spans, and was not asked to (duotel.io/capture-content).',
    '12m',
  ),
  alert(
    'DuotelCostBurnRateFast',
    // 15 USD an hour; 720 USD in 30 days are 1 an hour.
    [series('gen_ai_usage_cost_USD_sum', NEW, '0+0.0625x600')],
    { severity: 'critical' },
    'Calls to models cost 15 USD an hour: at this pace a budget of 720 USD for 30 days lasts three days or less.',
    '100m',
  ),
  alert(
    'DuotelCostBurnRate',
    // 3 USD an hour.
    [series('gen_ai_usage_cost_USD_sum', NEW, '0+0.0125x1800')],
    { severity: 'warning' },
    'Calls to models cost 3 USD an hour: at this pace a budget of 720 USD for 30 days lasts fifteen days or less.',
    '400m',
  ),
  silence('DuotelTargetDown', 'on a target that was away for four minutes', [series('up', { job: 'jaeger' }, '1x20 0x15 1x65')]),
  silence('DuotelCollectorDropping', 'on spans that were sent', [
    series('otelcol_exporter_enqueue_failed_spans', EXPORTER, '7x100'),
    series('otelcol_exporter_sent_spans', EXPORTER, '0+5x100'),
  ]),
  silence('DuotelCollectorQueueNearFull', 'on a queue that is half full', [
    series('otelcol_exporter_queue_size', QUEUE, '50x100'),
    series('otelcol_exporter_queue_capacity', QUEUE, '100x100'),
  ]),
  silence('DuotelCollectorQueueNearFull', "on another's collector", [
    series('otelcol_exporter_queue_size', FOREIGN, '90x100'),
    series('otelcol_exporter_queue_capacity', FOREIGN, '100x100'),
  ]),
  silence('DuotelCollectorDropping', "on another's collector", [series('otelcol_exporter_send_failed_spans', FOREIGN, '0+5x100')]),
  silence('DuotelCollectorRefusing', "on another's collector", [series('otelcol_receiver_refused_spans', FOREIGN, '0+5x100')]),
  silence('DuotelCollectorRefusing', 'on a collector that once refused', [
    series('otelcol_receiver_refused_metric_points', { receiver: 'otlp', job: 'collector' }, '40x100'),
  ]),
  silence(
    'DuotelOperatorFailing',
    'on an error that was mended by the next try',
    [series('controller_runtime_reconcile_errors_total', { controller: 'stack', job: 'operator' }, '0x20 1x180')],
    '40m',
  ),
  silence('DuotelLlmErrors', 'where one call in a hundred fails, and steps of a framework fail', [
    series(`${DURATION}_count`, IN_APPS, '0+99x100'),
    series(`${DURATION}_count`, { ...IN_APPS, error_type: 'RateLimitError' }, '0+1x100'),
    series(`${DURATION}_count`, { ...IN_APPS, gen_ai_request_model: 'unknown', error_type: 'RateLimitError' }, '0+50x100'),
  ]),
  silence(
    'DuotelContentLeak',
    'a quarter of an hour after the last span with content',
    [series('duotel_spans_with_content_total', { ...IN_APPS, telemetry_producer: 'openlit' }, '3x200')],
    '45m',
  ),
  silence('DuotelCostBurnRateFast', 'on one expensive minute', [series('gen_ai_usage_cost_USD_sum', NEW, '0x360 0+0.5x4 2x236')], '100m'),
  silence('DuotelCostBurnRate', 'on spending within the budget', [series('gen_ai_usage_cost_USD_sum', NEW, '0+0.004x1800')], '400m'),
];

/** The budget that the cases on cost are about, in USD. */
export const RULE_TEST_BUDGET = 720;
