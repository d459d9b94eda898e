import {
  DB_DURATION,
  DB_REQUESTS,
  LLM_GENERATION_LATENCY,
  LLM_REQUESTS,
  RAG_GRAPH_ENTITIES,
  RAG_GRAPH_RELATIONS,
  RAG_RETRIEVAL_DOCUMENTS,
  RAG_RETRIEVAL_LATENCY,
} from '../../src/metrics/instruments.ts';
import { seriesName } from '../../src/metrics/series-name.ts';
import { type DashboardSpec, quantiles, rate, SERVICE } from './panel.ts';

const DB = 'db_system_name, db_operation_name';

/** Is retrieval quick, and does it find something? */
export const ragAndVectorDb: DashboardSpec = {
  slug: 'rag-and-vector-db',
  title: 'RAG and vector DB',
  description: "Retrieval, graph extraction and vector-database work. The rag_* and llm_* series are the application's own.",
  panels: [
    {
      title: 'Retrieval latency',
      description: 'Milliseconds of one retrieval, as the application measures it.',
      kind: 'graph',
      unit: 'ms',
      span: 12,
      queries: quantiles(`${seriesName(RAG_RETRIEVAL_LATENCY)}_bucket`, SERVICE),
    },
    {
      title: 'Documents per retrieval',
      description: 'Mean number of documents that a retrieval returned. Near zero: the index is empty or the question does not fit it.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [
        {
          expr: `sum by (service_name) (${rate(`${seriesName(RAG_RETRIEVAL_DOCUMENTS)}_sum{${SERVICE}}`)}) / sum by (service_name) (${rate(`${seriesName(RAG_RETRIEVAL_DOCUMENTS)}_count{${SERVICE}}`)})`,
          legend: '{{service_name}}',
        },
      ],
    },
    {
      title: 'Vector DB operations',
      description: 'Operations a second, by system and operation.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [
        { expr: `sum by (${DB}) (${rate(`${seriesName(DB_REQUESTS)}{${SERVICE}}`)})`, legend: '{{db_system_name}} {{db_operation_name}}' },
      ],
    },
    {
      title: 'Vector DB latency',
      description: 'Time of one operation.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: quantiles(`${seriesName(DB_DURATION)}_bucket`, SERVICE, ['db_system_name']),
    },
    {
      title: 'Generation latency',
      description: 'Milliseconds of one generation, as the application measures it.',
      kind: 'graph',
      unit: 'ms',
      span: 12,
      queries: quantiles(`${seriesName(LLM_GENERATION_LATENCY)}_bucket`, SERVICE),
    },
    {
      title: 'Graph extraction',
      description: 'Entities and relations extracted a second.',
      kind: 'graph',
      unit: 'short',
      span: 6,
      queries: [
        { expr: `sum(${rate(`${seriesName(RAG_GRAPH_ENTITIES)}{${SERVICE}}`)})`, legend: 'entities/s' },
        { expr: `sum(${rate(`${seriesName(RAG_GRAPH_RELATIONS)}{${SERVICE}}`)})`, legend: 'relations/s' },
      ],
    },
    {
      title: 'Generations',
      description: 'Generations a second that the application asked for.',
      kind: 'graph',
      unit: 'reqps',
      span: 6,
      queries: [{ expr: `sum by (service_name) (${rate(`${seriesName(LLM_REQUESTS)}{${SERVICE}}`)})`, legend: '{{service_name}}' }],
    },
  ],
};
