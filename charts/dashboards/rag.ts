import {
  LLM_GENERATION_LATENCY,
  LLM_REQUESTS,
  RAG_CHUNKS,
  RAG_DOCUMENT_LATENCY,
  RAG_DOCUMENTS,
  RAG_ERRORS,
  RAG_EXTRACTION_LATENCY,
  RAG_GRAPH_ENTITIES,
  RAG_GRAPH_RELATIONS,
  RAG_INDEXED,
  RAG_INDEXING_LATENCY,
  RAG_RELEVANCE,
  RAG_RETRIEVAL_DOCUMENTS,
  RAG_RETRIEVAL_LATENCY,
} from '../../api/metrics/instruments.ts';
import { seriesName } from '../../api/metrics/series-name.ts';
import { type DashboardSpec, largest, mean, quantiles, rate, SERVICE, WORKLOAD_VARIABLES } from './panel.ts';

const latency = (title: string, description: string, instrument: Parameters<typeof seriesName>[0]) =>
  ({ title, description, kind: 'graph', unit: 'ms', span: 12, queries: quantiles(`${seriesName(instrument)}_bucket`, SERVICE) }) as const;
const total = (instrument: Parameters<typeof seriesName>[0], legend: string) => ({
  expr: `sum(${rate(`${seriesName(instrument)}{${SERVICE}}`)})`,
  legend,
});

/** Is retrieval quick, and does it find something? All series are the application's own: an app that records none leaves this empty. */
export const rag: DashboardSpec = {
  slug: 'rag',
  title: 'RAG',
  description: "Retrieval, extraction, indexing and generation, from the application's own rag_* and llm_* metrics.",
  variables: WORKLOAD_VARIABLES,
  panels: [
    latency('Retrieval latency', 'Milliseconds of one retrieval, as the application measures it.', RAG_RETRIEVAL_LATENCY),
    {
      title: 'Documents per retrieval',
      description: 'Mean number of documents that a retrieval returned. Near zero: the index is empty or the question does not fit it.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [{ expr: mean(seriesName(RAG_RETRIEVAL_DOCUMENTS), SERVICE, 'service_name'), legend: '{{service_name}}' }],
    },
    {
      title: 'Relevance',
      description: 'Mean score of what a retrieval returned, on the scale of the application.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [{ expr: mean(seriesName(RAG_RELEVANCE), SERVICE, 'service_name'), legend: '{{service_name}}' }],
    },
    latency('Generation latency', 'Milliseconds of one generation, as the application measures it.', LLM_GENERATION_LATENCY),
    {
      title: 'Generations',
      description: 'Generations a second that the application asked for.',
      kind: 'graph',
      unit: 'reqps',
      span: 12,
      queries: [
        { expr: largest(`sum by (service_name) (${rate(`${seriesName(LLM_REQUESTS)}{${SERVICE}}`)})`), legend: '{{service_name}}' },
      ],
    },
    {
      title: 'Graph extraction',
      description: 'Entities and relations extracted a second.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [total(RAG_GRAPH_ENTITIES, 'entities/s'), total(RAG_GRAPH_RELATIONS, 'relations/s')],
    },
    latency('Extraction latency', 'Milliseconds of extracting the graph of one document.', RAG_EXTRACTION_LATENCY),
    {
      title: 'Documents',
      description: 'Documents processed, chunks made of them and vectors indexed, a second.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [total(RAG_DOCUMENTS, 'documents/s'), total(RAG_CHUNKS, 'chunks/s'), total(RAG_INDEXED, 'vectors/s')],
    },
    latency('Document latency', 'Milliseconds of processing one document.', RAG_DOCUMENT_LATENCY),
    latency('Indexing latency', 'Milliseconds of indexing one batch of vectors.', RAG_INDEXING_LATENCY),
    {
      title: 'Errors',
      description: 'Errors a second that the application counted, by service.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [{ expr: largest(`sum by (service_name) (${rate(`${seriesName(RAG_ERRORS)}{${SERVICE}}`)})`), legend: '{{service_name}}' }],
      traceLink: true,
    },
  ],
};
