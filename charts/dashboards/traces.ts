import { CALLS_TOTAL, PRODUCER_LABEL, SPAN_DURATION } from '../../api/metrics/span-metrics.ts';
import { type DashboardSpec, growth, largest, quantiles, rate, ratio, SERVICE, WORKLOAD_VARIABLES } from './panel.ts';

const OPERATION = `service_name, span_name, ${PRODUCER_LABEL}`;
const calls = (label: string, matchers: string) => `sum by (${label}) (${rate(`${CALLS_TOTAL}{${matchers}}`)})`;

/** Which operations are slow or fail, and where are their traces? Empty while spec.collector.spanMetrics.enabled is false. */
export const traces: DashboardSpec = {
  slug: 'traces',
  title: 'Traces',
  description: 'Counts and latencies made from spans, split by who made the span, with the way to the traces in Jaeger.',
  variables: WORKLOAD_VARIABLES,
  panels: [
    {
      title: 'Spans by producer',
      description: 'Never add the producers up: with two of them in a process, one call to a model has a span of each.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: calls(PRODUCER_LABEL, SERVICE), legend: `{{${PRODUCER_LABEL}}}` }],
    },
    {
      title: 'Error ratio by producer',
      description: 'Share of spans with status ERROR.',
      kind: 'graph',
      unit: 'percentunit',
      span: 12,
      queries: [
        {
          expr: ratio(calls(PRODUCER_LABEL, `${SERVICE},status_code="STATUS_CODE_ERROR"`), calls(PRODUCER_LABEL, SERVICE)),
          legend: `{{${PRODUCER_LABEL}}}`,
        },
      ],
    },
    {
      title: 'Latency by GenAI operation',
      description: 'Time of chat, embeddings, retrieval and tool spans. A dot is one span: click it to see its trace.',
      kind: 'graph',
      unit: 'ms',
      span: 24,
      queries: quantiles(`${SPAN_DURATION}_bucket`, `${SERVICE},gen_ai_operation_name!=""`, ['gen_ai_operation_name']),
    },
    {
      title: 'Slowest operations',
      description: 'p95 over the time range. A link opens the traces of the row in Jaeger.',
      kind: 'table',
      unit: 'ms',
      span: 12,
      queries: [
        {
          expr: largest(`histogram_quantile(0.95, sum by (le, ${OPERATION}) (${growth(`${SPAN_DURATION}_bucket{${SERVICE}}`)}))`),
          legend: '',
        },
      ],
      traceLink: true,
    },
    {
      title: 'Operations that fail',
      description: 'Failed spans in the time range. A link opens the traces of the row in Jaeger.',
      kind: 'table',
      unit: 'short',
      span: 12,
      queries: [
        {
          expr: largest(`sum by (${OPERATION}) (${growth(`${CALLS_TOTAL}{${SERVICE},status_code="STATUS_CODE_ERROR"}`)}) > 0`),
          legend: '',
        },
      ],
      traceLink: true,
    },
    {
      title: 'Spans by service',
      description: 'Spans a second by who sent them. A link opens the traces of the service in Jaeger.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: largest(calls('service_name', SERVICE)), legend: '{{service_name}}' }],
      traceLink: true,
    },
    {
      title: 'Time spent by operation',
      description: 'Milliseconds of all spans of that name in the time range, their children included.',
      kind: 'bars',
      unit: 'ms',
      span: 12,
      queries: [
        {
          expr: largest(`sum by (service_name, span_name) (${growth(`${SPAN_DURATION}_sum{${SERVICE}}`)})`, 10),
          legend: '{{service_name}} {{span_name}}',
        },
      ],
    },
  ],
};
