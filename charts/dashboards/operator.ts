import { type DashboardSpec, largest, quantiles, rate } from './panel.ts';

const OPERATOR = 'job="operator"';
const per = (label: string, series: string) => `sum by (${label}) (${rate(`${series}{${OPERATOR}}`)})`;

/** Does the operator keep up, and what has it changed? */
export const operator: DashboardSpec = {
  slug: 'operator',
  title: 'Operator',
  description: 'What the operator reconciles, writes and waits for. Names are those of controller-runtime where it has one.',
  variables: [],
  panels: [
    {
      title: 'Workloads',
      description: 'Annotated workloads by state and reason. What each reason means: docs/reference/reasons.md.',
      kind: 'bars',
      unit: 'short',
      span: 12,
      queries: [{ expr: largest(`sum by (state, reason) (duotel_workloads{${OPERATOR}}) > 0`), legend: '{{state}} {{reason}}' }],
    },
    {
      title: 'Drift corrections',
      description:
        'Objects of a stack written a second, because they were not as wanted. Steadily above zero: somebody else writes them too.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: per('kind', 'duotel_drift_corrections_total'), legend: '{{kind}}' }],
    },
    {
      title: 'Reconciles',
      description: 'A second, by controller and result. In a settled cluster there are almost none.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: per('controller, result', 'controller_runtime_reconcile_total'), legend: '{{controller}} {{result}}' }],
    },
    {
      title: 'Reconcile time',
      description: 'Time of one reconcile, with its requests to the API server.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles('controller_runtime_reconcile_time_seconds_bucket', OPERATOR, ['controller']).map(({ expr, legend }) => ({
        expr,
        legend,
      })),
    },
    {
      title: 'Queue',
      description: 'Keys that wait to be reconciled.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [{ expr: `max by (name) (workqueue_depth{${OPERATOR}})`, legend: '{{name}}' }],
    },
    {
      title: 'Requests to the API server',
      description: 'A second, by method and status code; code 0: no answer came.',
      kind: 'graph',
      unit: 'reqps',
      span: 12,
      queries: [{ expr: largest(per('method, code', 'rest_client_requests_total')), legend: '{{method}} {{code}}' }],
    },
    {
      title: 'Request time',
      description: 'Time until the API server answers.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles('rest_client_request_duration_seconds_bucket', OPERATOR, ['verb']).map(({ expr, legend }) => ({ expr, legend })),
    },
    {
      title: 'Watches interrupted',
      description: 'Lists and watches that ended with an error, a second. They are begun again.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: per('resource, what', 'duotel_watch_troubles_total'), legend: '{{resource}} {{what}}' }],
    },
    {
      title: 'Memory',
      description: 'Resident memory and the part of it that is JavaScript heap.',
      kind: 'graph',
      unit: 'bytes',
      span: 12,
      queries: [
        { expr: `max(process_resident_memory_bytes{${OPERATOR}})`, legend: 'resident' },
        { expr: `max(nodejs_heap_size_used_bytes{${OPERATOR}})`, legend: 'heap used' },
      ],
    },
  ],
};
