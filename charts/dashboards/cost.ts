import { OPERATION_DURATION, USAGE_COST } from '../../src/metrics/instruments.ts';
import { seriesName } from '../../src/metrics/series-name.ts';
import { type DashboardSpec, MODEL_CALL, SERVICE } from './panel.ts';

const COST = seriesName(USAGE_COST);
const REQUESTS = `${seriesName(OPERATION_DURATION)}_count`;
const increase = (label: string, series: string, matchers: string) => `sum by (${label}) (increase(${series}{${matchers}}[$__range]))`;

/** What do calls cost, and who spends it? Money comes from OpenLIT's own counters, never from spans: those are lost and retried. */
export const cost: DashboardSpec = {
  slug: 'cost',
  title: 'Cost',
  description:
    'Cost of calls to language models by list prices, by service and model. Needs OpenLIT in the workload (mode openlit or both).',
  panels: [
    {
      title: 'Cost by service',
      description: 'In the time range.',
      kind: 'stat',
      unit: 'currencyUSD',
      span: 12,
      queries: [{ expr: increase('service_name', `${COST}_sum`, SERVICE), legend: '{{service_name}}' }],
    },
    {
      title: 'Cost by model',
      description: 'In the time range.',
      kind: 'stat',
      unit: 'currencyUSD',
      span: 12,
      queries: [{ expr: increase('gen_ai_request_model', `${COST}_sum`, MODEL_CALL), legend: '{{gen_ai_request_model}}' }],
    },
    {
      title: 'Cost per hour by model',
      description: 'Mean of the last hour.',
      kind: 'graph',
      unit: 'currencyUSD',
      span: 12,
      queries: [
        { expr: `sum by (gen_ai_request_model) (rate(gen_ai_total_cost{${MODEL_CALL}}[1h])) * 3600`, legend: '{{gen_ai_request_model}}' },
      ],
    },
    {
      title: 'Cost per call',
      description: 'Mean of the time range, by model.',
      kind: 'stat',
      unit: 'currencyUSD',
      span: 12,
      queries: [
        {
          expr: `${increase('gen_ai_request_model', `${COST}_sum`, MODEL_CALL)} / ${increase('gen_ai_request_model', REQUESTS, MODEL_CALL)}`,
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
        expr: increase('gen_ai_request_model', `gen_ai_usage_${type}_tokens_total`, MODEL_CALL),
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
        { expr: `${increase('service_name, gen_ai_request_model', `${COST}_bucket`, `${MODEL_CALL},le=~"0|0.0"`)} > 0`, legend: '' },
      ],
    },
  ],
};
