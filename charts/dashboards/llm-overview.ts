import { OPERATION_DURATION, TIME_TO_FIRST_TOKEN } from '../../api/metrics/instruments.ts';
import { PANEL_QUERIES } from '../../api/metrics/panel-queries.ts';
import { seriesName } from '../../api/metrics/series-name.ts';
import { type DashboardSpec, largest, MODEL_CALL, MODEL_VARIABLES, quantiles, rate, ratio } from './panel.ts';

const DURATION = seriesName(OPERATION_DURATION);
const by = (label: string, matchers: string) => `sum by (${label}) (${rate(`${DURATION}_count{${matchers}}`)})`;

/** How much do models work, what does it cost, and is it well? Its first four panels are those of docs/dual-mode.md. */
export const llmOverview: DashboardSpec = {
  slug: 'llm-overview',
  title: 'LLM overview',
  description: 'Tokens, cost, requests, errors and latency of calls to language models.',
  variables: MODEL_VARIABLES,
  panels: [
    {
      title: 'Tokens Generated/sec',
      description: 'Input and output tokens a second, over all services, whatever is chosen above.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [{ expr: PANEL_QUERIES.tokensPerSecond, legend: 'tokens/s' }],
    },
    {
      title: 'Cost per Hour',
      description: 'What the last hour of calls cost, by list prices. Needs OpenLIT in the workload.',
      kind: 'graph',
      unit: 'currencyUSD',
      span: 12,
      queries: [{ expr: PANEL_QUERIES.costPerHour, legend: 'USD per hour' }],
    },
    {
      title: 'Requests by Model',
      description: 'Calls a second, failed ones too.',
      kind: 'graph',
      unit: 'reqps',
      span: 12,
      queries: [{ expr: PANEL_QUERIES.requestsByModel, legend: '{{gen_ai_request_model}}' }],
    },
    {
      title: 'VectorDB Operations',
      description: 'Operations a second on vector databases. Needs OpenLIT in the workload.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: PANEL_QUERIES.vectorDbOperations, legend: '{{db_system}}' }],
    },
    {
      title: 'Error ratio',
      description: 'Share of calls that failed. Above 5 % for ten minutes, an alert is raised.',
      kind: 'graph',
      unit: 'percentunit',
      span: 12,
      queries: [
        {
          expr: largest(ratio(by('service_name', `${MODEL_CALL},error_type!=""`), by('service_name', MODEL_CALL))),
          legend: '{{service_name}}',
        },
      ],
      traceLink: true,
    },
    {
      title: 'Latency',
      description: 'Time of one call to a model. A dot is one call: click it to see its trace.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles(`${DURATION}_bucket`, MODEL_CALL),
    },
    {
      title: 'Tokens by model',
      description: 'Tokens a second, input and output apart.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: (['input', 'output'] as const).map((type) => ({
        expr: largest(`sum by (gen_ai_request_model) (${rate(`gen_ai_usage_${type}_tokens_total{${MODEL_CALL}}`)})`),
        legend: `{{gen_ai_request_model}} ${type}`,
      })),
    },
    {
      title: 'Time to first token',
      description: 'OpenLIT records it for calls that do not stream as well; there it is the whole call.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles(`${seriesName(TIME_TO_FIRST_TOKEN)}_bucket`, MODEL_CALL),
    },
    {
      title: 'Requests by service',
      description: 'Calls a second that are chosen above, failed ones too.',
      kind: 'graph',
      unit: 'reqps',
      span: 12,
      queries: [{ expr: largest(by('service_name', MODEL_CALL)), legend: '{{service_name}}' }],
      traceLink: true,
    },
    {
      title: 'Errors by type',
      description: 'Failed calls a second, by what the provider or the client library said.',
      kind: 'graph',
      unit: 'reqps',
      span: 12,
      queries: [{ expr: largest(by('error_type', `${MODEL_CALL},error_type!=""`)), legend: '{{error_type}}' }],
    },
  ],
};
