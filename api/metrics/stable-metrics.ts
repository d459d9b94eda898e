import {
  DB_REQUESTS,
  LEGACY_COMPLETION_TOKENS,
  LEGACY_PROMPT_TOKENS,
  LEGACY_REQUESTS,
  LLM_GENERATION_LATENCY,
  LLM_REQUESTS,
  OPERATION_DURATION,
  RAG_GRAPH_ENTITIES,
  RAG_GRAPH_RELATIONS,
  RAG_RETRIEVAL_DOCUMENTS,
  RAG_RETRIEVAL_LATENCY,
  TOKEN_USAGE,
  USAGE_COST,
} from './instruments.ts';
import { seriesName } from './series-name.ts';
import { CALLS_TOTAL, PRODUCER_LABEL, SPAN_DURATION } from './span-metrics.ts';

/** A metric name that docs/dual-mode.md promises, and how Prometheus gets it. */
export interface StableMetric {
  readonly name: string;
  /** `recorded`: by the rule `expr`. `direct`: the collector exposes it under this very name. */
  readonly source: { readonly kind: 'recorded'; readonly expr: string } | { readonly kind: 'direct' };
  /** Labels that queries group by. */
  readonly labels: readonly string[];
  /** Modes in which a workload can produce it; empty: any mode, if the workload's own code records it. */
  readonly modes: readonly ('openinference' | 'openlit' | 'both')[];
}

const tokens = `${seriesName(TOKEN_USAGE)}_sum`;
const duration = seriesName(OPERATION_DURATION);
const legacyRequests = seriesName(LEGACY_REQUESTS);
/** Framework steps (one row for each retriever, query and embedding step of LlamaIndex or LangChain) are no calls to a model. */
const CALL = 'gen_ai_request_model!="unknown"';
const MODES = ['openinference', 'openlit', 'both'] as const;
const OPENLIT_MODES = ['openlit', 'both'] as const;

/** `gen_ai_token_type` exists only since OpenLIT 1.37.1, exactly when the counters of the same name went: the two never meet. */
const tokenExpr = (type: 'input' | 'output', oldest: string) =>
  `sum without (gen_ai_token_type) (${tokens}{gen_ai_token_type="${type}"}) or ${oldest}`;

/** OpenLIT 1.33.9 to 1.37.0 have both the duration and a request counter: where a process has the counter, the counter is right. */
const durationExpr = (suffix: string) => `${duration}_${suffix}{${CALL}}`;

/**
 * The database's name, wherever it is: `db_system_name` since OpenLIT 1.33.15, but `gen_ai_system` in 1.34.24 to 1.35.0. Older versions
 * send db_system itself, and label_replace leaves it alone when it finds no text.
 */
const dbSystem = (expr: string, label: string) => `label_replace(${expr}, "db_system", "$1", "${label}", "(.+)")`;

const recorded = (name: string, expr: string, labels: readonly string[], modes: StableMetric['modes']): StableMetric => ({
  name,
  source: { kind: 'recorded', expr },
  labels,
  modes,
});
const direct = (name: string, labels: readonly string[], modes: StableMetric['modes']): StableMetric => ({
  name,
  source: { kind: 'direct' },
  labels,
  modes,
});

/** Every name that docs/dual-mode.md promises, in its order. `duotel verify` asks for each. */
export const STABLE_METRICS: readonly StableMetric[] = [
  recorded(
    'gen_ai_usage_input_tokens_total',
    tokenExpr('input', seriesName(LEGACY_PROMPT_TOKENS)),
    ['gen_ai_request_model', 'service_name'],
    MODES,
  ),
  recorded(
    'gen_ai_usage_output_tokens_total',
    tokenExpr('output', seriesName(LEGACY_COMPLETION_TOKENS)),
    ['gen_ai_request_model', 'service_name'],
    MODES,
  ),
  recorded(
    'gen_ai_total_requests',
    `${legacyRequests}{${CALL}} or (${durationExpr('count')} unless on (job, instance) ${legacyRequests})`,
    ['gen_ai_request_model', 'service_name'],
    MODES,
  ),
  recorded('gen_ai_total_cost', `${seriesName(USAGE_COST)}_sum`, ['gen_ai_request_model', 'service_name'], OPENLIT_MODES),
  recorded('gen_ai_request_duration_seconds_bucket', durationExpr('bucket'), ['gen_ai_request_model', 'service_name', 'le'], MODES),
  recorded('gen_ai_request_duration_seconds_sum', durationExpr('sum'), ['gen_ai_request_model', 'service_name'], MODES),
  recorded('gen_ai_request_duration_seconds_count', durationExpr('count'), ['gen_ai_request_model', 'service_name'], MODES),
  recorded(
    'db_total_requests',
    dbSystem(dbSystem(seriesName(DB_REQUESTS), 'gen_ai_system'), 'db_system_name'),
    ['db_system', 'service_name'],
    OPENLIT_MODES,
  ),
  direct(CALLS_TOTAL, [PRODUCER_LABEL, 'service_name'], MODES),
  direct(`${SPAN_DURATION}_bucket`, [PRODUCER_LABEL, 'service_name', 'le'], MODES),
  direct(seriesName(RAG_GRAPH_ENTITIES), ['service_name'], []),
  direct(seriesName(RAG_GRAPH_RELATIONS), ['service_name'], []),
  direct(`${seriesName(RAG_RETRIEVAL_LATENCY)}_bucket`, ['service_name', 'le'], []),
  direct(`${seriesName(RAG_RETRIEVAL_DOCUMENTS)}_bucket`, ['service_name', 'le'], []),
  direct(`${seriesName(LLM_GENERATION_LATENCY)}_bucket`, ['service_name', 'le'], []),
  direct(seriesName(LLM_REQUESTS), ['service_name'], []),
];
