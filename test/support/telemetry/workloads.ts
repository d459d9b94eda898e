import type { Attributes, MetricSpec, SpanSpec } from './otlp.ts';

/** What workloads of each mode send, as measured on real ones: LlamaIndex with OpenInference, OpenLIT 1.45 and OpenLIT 1.36. */

export const MODEL = 'gpt-4o-mini';
export const EMBEDDING_MODEL = 'text-embedding-3-small';
export const LLAMA_INDEX = 'openinference.instrumentation.llama_index';
export const OPENAI = 'openinference.instrumentation.openai';
export const OPENLIT_METRICS = 'openlit.otel.metrics';

export function resource(service: string, backend?: string): Attributes {
  return {
    'service.name': service,
    'service.instance.id': `${service}-0`,
    'k8s.namespace.name': 'apps',
    'deployment.environment.name': 'test',
    ...(backend !== undefined && { 'duotel.backend': backend }),
  };
}

/** Hexadecimal identifiers that differ by `seed`. */
export const traceId = (seed: number) => seed.toString(16).padStart(32, '0');
const spanId = (seed: number, index: number) => (seed * 16 + index + 1).toString(16).padStart(16, '0');

/** One RAG query as OpenInference's LlamaIndex instrumentor traces it: two spans for each call, tokens on the inner one of the chat, none on those of the embedding. */
export function ragQuery(seed: number, tokens: { readonly input: number; readonly output: number }, failed = false): readonly SpanSpec[] {
  const span = (index: number, name: string, kind: string, attributes: Attributes = {}, error = false): SpanSpec => ({
    name,
    traceId: traceId(seed),
    spanId: spanId(seed, index),
    ...(index > 0 && { parentSpanId: spanId(seed, index - 1) }),
    error,
    attributes: { 'openinference.span.kind': kind, ...attributes },
  });
  const model = { 'llm.model_name': MODEL };
  const embedding = { 'embedding.model_name': EMBEDDING_MODEL };
  const counts = { 'llm.token_count.prompt': tokens.input, 'llm.token_count.completion': tokens.output };
  return [
    span(0, 'RetrieverQueryEngine.query', 'CHAIN'),
    span(1, 'VectorIndexRetriever.retrieve', 'RETRIEVER'),
    span(2, 'OpenAIEmbedding.get_query_embedding', 'EMBEDDING', embedding),
    span(3, 'OpenAIEmbedding._get_query_embedding', 'EMBEDDING', embedding),
    span(4, 'OpenAI.predict', 'LLM', model, failed),
    span(5, 'OpenAI.chat', 'LLM', { ...model, ...(!failed && counts) }, failed),
  ];
}

/** A direct call through OpenInference's openai instrumentor; one that fails says neither its model nor its tokens. */
export function openAiCall(seed: number, tokens?: { readonly input: number; readonly output: number }): readonly SpanSpec[] {
  return [
    {
      name: 'ChatCompletion',
      traceId: traceId(seed),
      spanId: spanId(seed, 0),
      error: tokens === undefined,
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.provider': 'openai',
        ...(tokens !== undefined && {
          'llm.model_name': MODEL,
          'llm.token_count.prompt': tokens.input,
          'llm.token_count.completion': tokens.output,
        }),
      },
    },
  ];
}

export interface Usage {
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  readonly cost: number;
  readonly dbRequests: number;
}

/** Metrics of OpenLIT 1.37.1 and later, with a framework row (model `unknown`) as its LlamaIndex instrumentor adds. */
export function openLitMetrics(service: string, usage: Usage): readonly MetricSpec[] {
  const call = {
    'telemetry.sdk.name': 'openlit',
    'service.name': service,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': MODEL,
  };
  const exemplar = { traceId: traceId(1), spanId: spanId(1, 5) };
  return [
    {
      name: 'gen_ai.client.token.usage',
      kind: 'histogram',
      unit: '{token}',
      points: [
        { attributes: { ...call, 'gen_ai.token.type': 'input' }, value: usage.input, count: usage.calls },
        { attributes: { ...call, 'gen_ai.token.type': 'output' }, value: usage.output, count: usage.calls },
      ],
    },
    {
      name: 'gen_ai.client.operation.duration',
      kind: 'histogram',
      unit: 's',
      points: [
        { attributes: call, value: usage.calls * 2, count: usage.calls, exemplar },
        { attributes: { ...call, 'gen_ai.request.model': 'unknown' }, value: 1, count: 7 },
      ],
    },
    {
      name: 'gen_ai.server.time_to_first_token',
      kind: 'histogram',
      unit: 's',
      points: [{ attributes: call, value: usage.calls, count: usage.calls }],
    },
    { name: 'gen_ai.usage.cost', kind: 'histogram', unit: 'USD', points: [{ attributes: call, value: usage.cost, count: usage.calls }] },
    ...vectorDbMetrics(service, usage.dbRequests, 'db.system.name'),
  ];
}

function vectorDbMetrics(service: string, requests: number, systemAttribute: string): readonly MetricSpec[] {
  const operation = { 'service.name': service, [systemAttribute]: 'chroma', 'db.operation.name': 'QUERY' };
  return [
    { name: 'db.total.requests', kind: 'counter', unit: '1', points: [{ attributes: operation, value: requests }] },
    {
      name: 'db.client.operation.duration',
      kind: 'histogram',
      unit: 's',
      points: [{ attributes: operation, value: requests, count: requests }],
    },
  ];
}

/** Metrics of OpenLIT 1.33.15 to 1.37.0: token and request counters beside histograms that do not tell input from output. */
export function legacyOpenLitMetrics(service: string, usage: Usage): readonly MetricSpec[] {
  const call = { 'service.name': service, 'gen_ai.system': 'openai', 'gen_ai.request.model': MODEL };
  const counter = (name: string, unit: string, value: number): MetricSpec => ({
    name,
    kind: 'counter',
    unit,
    points: [{ attributes: call, value }],
  });
  return [
    counter('gen_ai.usage.input_tokens', '{token}', usage.input),
    counter('gen_ai.usage.output_tokens', '{token}', usage.output),
    counter('gen_ai.total.requests', '1', usage.calls),
    {
      name: 'gen_ai.client.token.usage',
      kind: 'histogram',
      unit: '{token}',
      points: [{ attributes: call, value: usage.input + usage.output, count: usage.calls }],
    },
    {
      name: 'gen_ai.client.operation.duration',
      kind: 'histogram',
      unit: 's',
      points: [{ attributes: { ...call, 'server.address': 'api.example' }, value: usage.calls, count: usage.calls }],
    },
    { name: 'gen_ai.usage.cost', kind: 'histogram', unit: 'USD', points: [{ attributes: call, value: usage.cost, count: usage.calls }] },
    ...vectorDbMetrics(service, usage.dbRequests, 'db.system'),
  ];
}

/** The application's own metrics: those with stable names, and the rest of that application's. */
export function ragMetrics(step: number): readonly MetricSpec[] {
  const counter = (name: string): MetricSpec => ({ name, kind: 'counter', unit: '', points: [{ value: 10 * step }] });
  const histogram = (name: string): MetricSpec => ({ name, kind: 'histogram', unit: '', points: [{ value: 50 * step, count: 5 * step }] });
  return [
    counter('rag.graph.entities_extracted'),
    counter('rag.graph.relations_extracted'),
    histogram('rag.retrieval.latency_ms'),
    histogram('rag.retrieval.num_documents'),
    histogram('llm.generation.latency_ms'),
    counter('llm.requests.total'),
    histogram('rag.retrieval.relevance_score'),
    histogram('rag.graph.extraction_latency_ms'),
    histogram('rag.document.processing_latency_ms'),
    histogram('rag.vector.indexing_latency_ms'),
    counter('rag.document.processed_total'),
    counter('rag.document.chunks_created'),
    counter('rag.vector.indexed_total'),
    counter('rag.errors.total'),
  ];
}
