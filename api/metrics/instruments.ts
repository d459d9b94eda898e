import { SPANS_WITH_CONTENT } from './content-canary.ts';
import type { Instrument, InstrumentKind } from './instrument.ts';
import { OPENLIT_INSTRUMENTS } from './openlit-instruments.ts';
import { inRange, type OpenLitSdk } from './versions.ts';

export type { Instrument, InstrumentKind, MetricProducer } from './instrument.ts';
export {
  DB_DURATION,
  DB_REQUESTS,
  LEGACY_COMPLETION_TOKENS,
  LEGACY_INPUT_TOKENS,
  LEGACY_OUTPUT_TOKENS,
  LEGACY_PROMPT_TOKENS,
  LEGACY_REQUESTS,
  OPERATION_DURATION,
  TIME_TO_FIRST_TOKEN,
  TOKEN_USAGE,
  USAGE_COST,
} from './openlit-instruments.ts';

/** Metrics that a RAG application records itself. Names and units are those of flexible-graphrag (`observability/metrics.py`). */
const app = (name: string, kind: InstrumentKind, description: string): Instrument => ({
  name,
  kind,
  unit: '',
  producers: ['app'],
  labels: ['service_name'],
  description,
});

/** The first six are stable names (docs/dual-mode.md); the others are the rest of that application's set. */
export const RAG_GRAPH_ENTITIES = app('rag.graph.entities_extracted', 'counter', 'Entities extracted into the graph.');
export const RAG_GRAPH_RELATIONS = app('rag.graph.relations_extracted', 'counter', 'Relations extracted into the graph.');
export const RAG_RETRIEVAL_LATENCY = app('rag.retrieval.latency_ms', 'histogram', 'Milliseconds of one retrieval.');
export const RAG_RETRIEVAL_DOCUMENTS = app('rag.retrieval.num_documents', 'histogram', 'Documents that one retrieval returned.');
export const LLM_GENERATION_LATENCY = app('llm.generation.latency_ms', 'histogram', 'Milliseconds of one generation.');
export const LLM_REQUESTS = app('llm.requests.total', 'counter', 'Generations asked for.');

export const RAG_RELEVANCE = app('rag.retrieval.relevance_score', 'histogram', 'Relevance of what one retrieval returned.');
export const RAG_EXTRACTION_LATENCY = app('rag.graph.extraction_latency_ms', 'histogram', 'Milliseconds of one graph extraction.');
export const RAG_DOCUMENT_LATENCY = app('rag.document.processing_latency_ms', 'histogram', 'Milliseconds of processing one document.');
export const RAG_DOCUMENTS = app('rag.document.processed_total', 'counter', 'Documents processed.');
export const RAG_CHUNKS = app('rag.document.chunks_created', 'counter', 'Chunks made from documents.');
export const RAG_INDEXING_LATENCY = app('rag.vector.indexing_latency_ms', 'histogram', 'Milliseconds of one indexing.');
export const RAG_INDEXED = app('rag.vector.indexed_total', 'counter', 'Vectors indexed.');
export const RAG_ERRORS = app('rag.errors.total', 'counter', 'Errors.');

export const INSTRUMENTS: readonly Instrument[] = [
  ...OPENLIT_INSTRUMENTS,
  RAG_GRAPH_ENTITIES,
  RAG_GRAPH_RELATIONS,
  RAG_RETRIEVAL_LATENCY,
  RAG_RETRIEVAL_DOCUMENTS,
  LLM_GENERATION_LATENCY,
  LLM_REQUESTS,
  RAG_RELEVANCE,
  RAG_EXTRACTION_LATENCY,
  RAG_DOCUMENT_LATENCY,
  RAG_DOCUMENTS,
  RAG_CHUNKS,
  RAG_INDEXING_LATENCY,
  RAG_INDEXED,
  RAG_ERRORS,
  SPANS_WITH_CONTENT,
  app('rag.errors.by_type', 'counter', 'Errors, by type.'),
  app('llm.tokens.generated', 'counter', 'Tokens generated.'),
  app('llm.tokens.prompt', 'counter', 'Tokens of prompts.'),
];

/** The instruments that a version of OpenLIT makes. */
export function openLitInstruments(sdk: OpenLitSdk, version: string): readonly Instrument[] {
  return OPENLIT_INSTRUMENTS.filter(({ openlit }) => {
    const range = openlit?.[sdk];
    return range !== undefined && inRange(version, range);
  });
}
