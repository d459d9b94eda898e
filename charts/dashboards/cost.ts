import { OPERATION_DURATION, USAGE_COST } from '../../api/metrics/instruments.ts';
import { seriesName } from '../../api/metrics/series-name.ts';
import { type DashboardSpec, growth, largest, MODEL_CALL, MODEL_VARIABLES, rate, SERVICE } from './panel.ts';

const COST = seriesName(USAGE_COST);
const REQUESTS = `${seriesName(OPERATION_DURATION)}_count`;
const SPENT = `${COST}_sum{${MODEL_CALL}}`;
const inRange = (label: string, selector: string) => `sum by (${label}) (${growth(selector)})`;

/** What do calls cost, and who spends it? Money comes from OpenLIT's own counters, never from spans: spans are lost and sent again. */
export const cost: DashboardSpec = {
  slug: 'cost',
  title: 'Cost',
  description:
    'Cost of calls to language models by list prices, by service and model. Needs OpenLIT in the workload (mode openlit or both).',
  variables: MODEL_VARIABLES,
  panels: [
    {
      title: 'Cost',
      description: 'In the time range.',
      kind: 'stat',
      unit: 'currencyUSD',
      span: 6,
      queries: [{ expr: `sum(${growth(SPENT)})`, legend: 'USD' }],
    },
    {
      title: 'Forecast',
      description: 'What 30 days cost at the mean pace of the time range. Choose a range that holds a whole week, or nights count as days.',
      kind: 'stat',
      unit: 'currencyUSD',
      span: 6,
      queries: [{ expr: `sum(${growth(SPENT)}) / $__range_s * 30 * 86400`, legend: 'USD in 30 days' }],
    },
    {
      title: 'Top spenders',
      description: 'The ten services that cost most in the time range.',
      kind: 'bars',
      unit: 'currencyUSD',
      span: 12,
      queries: [
        {
          expr: largest(inRange('k8s_namespace_name, service_name', SPENT), 10),
          legend: '{{k8s_namespace_name}}/{{service_name}}',
        },
      ],
    },
    {
      title: 'Cost per day by service',
      description: 'A bar is a day. Choose a time range of days.',
      kind: 'graph',
      unit: 'currencyUSD',
      span: 12,
      minInterval: '1d',
      queries: [{ expr: largest(`sum by (service_name) (increase(${SPENT}[$__interval]))`, 10), legend: '{{service_name}}' }],
    },
    {
      title: 'Cost per hour by model',
      description: 'At the pace of the moment.',
      kind: 'graph',
      unit: 'currencyUSD',
      span: 12,
      queries: [{ expr: largest(`sum by (gen_ai_request_model) (${rate(SPENT)}) * 3600`), legend: '{{gen_ai_request_model}}' }],
    },
    {
      title: 'Cost by model',
      description: 'In the time range.',
      kind: 'bars',
      unit: 'currencyUSD',
      span: 12,
      queries: [{ expr: largest(inRange('gen_ai_request_model', SPENT), 10), legend: '{{gen_ai_request_model}}' }],
    },
    {
      title: 'Cost per call',
      description: 'Mean of the time range, by model.',
      kind: 'bars',
      unit: 'currencyUSD',
      span: 12,
      queries: [
        {
          expr: largest(`${inRange('gen_ai_request_model', SPENT)} / ${inRange('gen_ai_request_model', `${REQUESTS}{${MODEL_CALL}}`)}`, 10),
          legend: '{{gen_ai_request_model}}',
        },
      ],
    },
    {
      title: 'Tokens by model',
      description: 'In the time range, input and output apart.',
      kind: 'table',
      unit: 'short',
      span: 12,
      queries: (['input', 'output'] as const).map((type) => ({
        expr: largest(inRange('gen_ai_request_model', `gen_ai_usage_${type}_tokens_total{${MODEL_CALL}}`)),
        legend: type,
      })),
    },
    {
      title: 'Calls without a price',
      description: 'Calls that cost nothing: the model is not in the price list, the list could not be read, or the call failed.',
      kind: 'table',
      unit: 'short',
      span: 12,
      queries: [
        {
          expr: largest(`${inRange('service_name, gen_ai_request_model', `${COST}_bucket{${SERVICE},le=~"0|0.0"}`)} > 0`),
          legend: '',
        },
      ],
    },
  ],
};
