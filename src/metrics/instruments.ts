import { SPANS_WITH_CONTENT } from './content-canary.ts';

/**
 * What the producers measure, as data: one row an instrument. Names, units and version ranges were read in the `py-*` tags of OpenLIT
 * (`openlit/otel/metrics.py`, `semcov/__init__.py`) and in the custom metrics of flexible-graphrag; `test/golden` sends each row to the
 * real collector and compares the series that come out.
 */

export type InstrumentKind = 'counter' | 'histogram';

/** Who records an instrument. `app`: the workload's own code. `collector`: made from spans by `signal_to_metrics` in mode `openinference`. */
export type MetricProducer = 'openlit' | 'app' | 'collector';

export interface Instrument {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** UCUM as the SDK sends it; '' where the instrument has none. */
  readonly unit: string;
  readonly producers: readonly MetricProducer[];
  /** OpenLIT (Python) versions that record it, both ends included; absent end: still open. Absent: not an instrument of OpenLIT. */
  readonly openlit?: { readonly since: string; readonly until?: string };
  /** Attributes of its points that queries may use, as Prometheus labels. */
  readonly labels: readonly string[];
  readonly description: string;
}

const GEN_AI_LABELS = [
  'service_name',
  'deployment_environment',
  'gen_ai_operation_name',
  'gen_ai_provider_name',
  'gen_ai_request_model',
  'gen_ai_response_model',
  'server_address',
  'server_port',
] as const;
const DB_LABELS = ['service_name', 'deployment_environment', 'db_system_name', 'db_operation_name'] as const;

const openlit = (
  name: string,
  kind: InstrumentKind,
  unit: string,
  labels: readonly string[],
  openlit: { readonly since: string; readonly until?: string },
  description: string,
): Instrument => ({ name, kind, unit, producers: ['openlit'], openlit, labels, description });

const app = (name: string, kind: InstrumentKind, description: string): Instrument => ({
  name,
  kind,
  unit: '',
  producers: ['app'],
  labels: ['service_name'],
  description,
});

export const TOKEN_USAGE: Instrument = {
  name: 'gen_ai.client.token.usage',
  kind: 'histogram',
  unit: '{token}',
  producers: ['openlit', 'collector'],
  openlit: { since: '1.33.9' },
  labels: [...GEN_AI_LABELS, 'gen_ai_token_type'],
  description: 'Tokens of one call. Split by gen_ai_token_type since OpenLIT 1.37.1; before, input and output were one observation.',
};

export const OPERATION_DURATION: Instrument = {
  name: 'gen_ai.client.operation.duration',
  kind: 'histogram',
  unit: 's',
  producers: ['openlit', 'collector'],
  openlit: { since: '1.33.9' },
  labels: [...GEN_AI_LABELS, 'error_type'],
  description: 'Duration of one call, failed ones too. Framework steps appear with gen_ai_request_model="unknown".',
};

export const USAGE_COST = openlit('gen_ai.usage.cost', 'histogram', 'USD', GEN_AI_LABELS, { since: '0.0.3' }, 'Cost of one call.');
export const DB_REQUESTS = openlit('db.total.requests', 'counter', '1', DB_LABELS, { since: '0.0.3' }, 'Vector-database operations.');
export const DB_DURATION = openlit(
  'db.client.operation.duration',
  'histogram',
  's',
  DB_LABELS,
  { since: '1.33.15' },
  'Duration of one vector-database operation.',
);
export const TIME_TO_FIRST_TOKEN = openlit(
  'gen_ai.server.time_to_first_token',
  'histogram',
  's',
  GEN_AI_LABELS,
  { since: '1.33.9' },
  'Time to the first token; recorded for calls that do not stream too.',
);

/** Counters that OpenLIT 1.37.1 (2026-02-25) removed: workloads on an older OpenLIT still send them. */
export const LEGACY_INPUT_TOKENS = openlit(
  'gen_ai.usage.input_tokens',
  'counter',
  '{token}',
  GEN_AI_LABELS,
  { since: '1.16.1', until: '1.37.0' },
  'Input tokens.',
);
export const LEGACY_OUTPUT_TOKENS = openlit(
  'gen_ai.usage.output_tokens',
  'counter',
  '{token}',
  GEN_AI_LABELS,
  { since: '1.16.1', until: '1.37.0' },
  'Output tokens.',
);
export const LEGACY_PROMPT_TOKENS = openlit(
  'gen_ai.usage.prompt_tokens',
  'counter',
  '{token}',
  GEN_AI_LABELS,
  { since: '0.0.3', until: '1.16.0' },
  'Input tokens.',
);
export const LEGACY_COMPLETION_TOKENS = openlit(
  'gen_ai.usage.completion_tokens',
  'counter',
  '{token}',
  GEN_AI_LABELS,
  { since: '0.0.3', until: '1.16.0' },
  'Output tokens.',
);
export const LEGACY_REQUESTS = openlit(
  'gen_ai.total.requests',
  'counter',
  '1',
  GEN_AI_LABELS,
  { since: '0.0.3', until: '1.37.0' },
  'Calls.',
);

/** The application's own metrics that the source document names (mission row 5), and the rest of that application's set. */
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
  TOKEN_USAGE,
  OPERATION_DURATION,
  USAGE_COST,
  TIME_TO_FIRST_TOKEN,
  openlit(
    'gen_ai.server.request.duration',
    'histogram',
    's',
    GEN_AI_LABELS,
    { since: '1.33.9' },
    'Duration of one call as the server sees it.',
  ),
  openlit('gen_ai.server.time_per_output_token', 'histogram', 's', GEN_AI_LABELS, { since: '1.33.9' }, 'Time between two output tokens.'),
  openlit(
    'gen_ai.client.operation.time_to_first_chunk',
    'histogram',
    's',
    GEN_AI_LABELS,
    { since: '1.37.1' },
    'Time to the first chunk of a stream.',
  ),
  DB_REQUESTS,
  DB_DURATION,
  LEGACY_INPUT_TOKENS,
  LEGACY_OUTPUT_TOKENS,
  LEGACY_PROMPT_TOKENS,
  LEGACY_COMPLETION_TOKENS,
  LEGACY_REQUESTS,
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
