import { DB_DURATION, DB_REQUESTS } from '../../api/metrics/instruments.ts';
import { seriesName } from '../../api/metrics/series-name.ts';
import { type DashboardSpec, growth, largest, mean, quantiles, rate, SERVICE, WORKLOAD_VARIABLES } from './panel.ts';

const OPERATION = 'db_system_name, db_operation_name';
const REQUESTS = seriesName(DB_REQUESTS);
const DURATION = seriesName(DB_DURATION);

/** Which vector database is busy or slow, and who asks it? Needs OpenLIT in the workload (mode openlit or both). */
export const vectorDb: DashboardSpec = {
  slug: 'vector-db',
  title: 'Vector DB',
  description: 'Operations on vector databases. Needs OpenLIT in the workload (mode openlit or both).',
  variables: WORKLOAD_VARIABLES,
  panels: [
    {
      title: 'Operations',
      description: 'Operations a second, by system and operation.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [
        {
          expr: largest(`sum by (${OPERATION}) (${rate(`${REQUESTS}{${SERVICE}}`)})`),
          legend: '{{db_system_name}} {{db_operation_name}}',
        },
      ],
    },
    {
      title: 'Latency by system',
      description: 'Time of one operation. A dot is one operation: click it to see its trace.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles(`${DURATION}_bucket`, SERVICE, ['db_system_name']),
    },
    {
      title: 'Operations by service',
      description: 'Operations a second, by who asks.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: largest(`sum by (service_name) (${rate(`${REQUESTS}{${SERVICE}}`)})`), legend: '{{service_name}}' }],
      traceLink: true,
    },
    {
      title: 'Mean latency by operation',
      description: 'Time of one operation, by what it does.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: [{ expr: mean(DURATION, SERVICE, OPERATION), legend: '{{db_system_name}} {{db_operation_name}}' }],
    },
    {
      title: 'Time spent by service',
      description: 'Seconds that each service waited for vector databases in the time range.',
      kind: 'bars',
      unit: 's',
      span: 24,
      queries: [
        {
          expr: largest(`sum by (service_name, db_system_name) (${growth(`${DURATION}_sum{${SERVICE}}`)})`, 10),
          legend: '{{service_name}} {{db_system_name}}',
        },
      ],
    },
  ],
};
