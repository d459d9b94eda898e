import { OPERATION_DURATION, TOKEN_USAGE } from '../../api/metrics/instruments.ts';
import { PRODUCER_SCOPES } from '../../api/metrics/span-metrics.ts';
import { BACKEND_RESOURCE_ATTRIBUTE } from '../../api/names.ts';
import { contentCanary } from './content-canary.ts';

/** Boundaries that the GenAI semantic conventions give for token counts and for seconds. */
const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304];
const SECOND_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

const RESOURCE = [
  'service.name',
  'service.namespace',
  'service.instance.id',
  'service.version',
  'deployment.environment.name',
  'k8s.namespace.name',
].map((key) => ({ key, optional: true }));

/**
 * Only workloads that say that they have OpenInference and nothing else. Where OpenLIT is on, it sends the same series itself, and each
 * token would count twice. A workload without the attribute gets none.
 */
const ONLY_OPENINFERENCE = [
  `resource.attributes["${BACKEND_RESOURCE_ATTRIBUTE}"] == "openinference"`,
  `IsMatch(scope.name, "${PRODUCER_SCOPES.openinference}")`,
];

/**
 * One span of each call. LlamaIndex makes two spans of the kind for one call (`OpenAI.predict` around `OpenAI.chat`, `get_query_embedding`
 * around `_get_query_embedding`). The other instrumentors make one. A failed call has no tokens to go by, so the name tells LlamaIndex's
 * spans apart. Measured with llama-index 0.14: as many calls as OpenLIT counts.
 */
const LLAMA_INDEX_CALL = '\\\\.a?((stream_)?(chat|complete)|get_(query|text)_embedding(_batch)?)$';
const ONE_PER_CALL =
  '(span.attributes["openinference.span.kind"] == "LLM" or span.attributes["openinference.span.kind"] == "EMBEDDING") and ' +
  `(not IsMatch(scope.name, "llama_index") or IsMatch(span.name, "${LLAMA_INDEX_CALL}"))`;

function attributes(tokenType?: 'input' | 'output'): readonly object[] {
  return [
    { key: 'gen_ai.operation.name', optional: true },
    { key: 'gen_ai.provider.name', default_value: 'unknown' },
    // A failed call may not name its model. The value is not "unknown": that is OpenLIT's word for a framework step, which the rules leave
    // out.
    { key: 'gen_ai.request.model', optional: true },
    ...(tokenType === undefined ? [{ key: 'error.type', optional: true }] : [{ key: 'gen_ai.token.type', default_value: tokenType }]),
  ];
}

function tokens(type: 'input' | 'output'): object {
  const count = `span.attributes["gen_ai.usage.${type}_tokens"]`;
  return {
    name: TOKEN_USAGE.name,
    unit: TOKEN_USAGE.unit,
    description: TOKEN_USAGE.description,
    include_resource_attributes: RESOURCE,
    attributes: attributes(type),
    conditions: [[...ONLY_OPENINFERENCE, `${count} != nil`].join(' and ')],
    histogram: { buckets: TOKEN_BUCKETS, count: '1', value: `Double(${count})` },
  };
}

/**
 * The signal_to_metrics connector for mode `openinference`. OpenInference has no metrics of its own, so the connector makes OpenLIT's token
 * and duration histograms from its spans, under OpenLIT's names. In every mode, it also holds the canary for prompts.
 */
export function tokensFromSpans(): object {
  return {
    error_mode: 'ignore',
    spans: [
      tokens('input'),
      tokens('output'),
      {
        name: OPERATION_DURATION.name,
        unit: OPERATION_DURATION.unit,
        description: OPERATION_DURATION.description,
        include_resource_attributes: RESOURCE,
        attributes: attributes(),
        conditions: [[...ONLY_OPENINFERENCE, ONE_PER_CALL].join(' and ')],
        histogram: { buckets: SECOND_BUCKETS, count: '1', value: 'Seconds(span.end_time - span.start_time)' },
      },
      contentCanary(RESOURCE),
    ],
  };
}
