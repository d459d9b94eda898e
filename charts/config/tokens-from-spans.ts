import { OPERATION_DURATION, TOKEN_USAGE } from '../../src/metrics/instruments.ts';
import { BACKEND_RESOURCE_ATTRIBUTE, PRODUCER_SCOPES } from '../../src/metrics/span-metrics.ts';

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
 * Only workloads that say they have OpenInference and nothing else: where OpenLIT is on, it sends the same series itself and each token
 * would count twice. A workload without the attribute is not ours to judge, and gets none.
 */
const ONLY_OPENINFERENCE = [
  `resource.attributes["${BACKEND_RESOURCE_ATTRIBUTE}"] == "openinference"`,
  `IsMatch(scope.name, "${PRODUCER_SCOPES.openinference}")`,
];

/**
 * One span of each call. LlamaIndex makes a span for `predict` around `chat`, both of kind LLM; the other instrumentors make one span a
 * call. Tokens are on the inner span alone, and a call that fails has none, so calls are counted by the inner span's name.
 */
const ONE_PER_CALL =
  '(span.attributes["openinference.span.kind"] == "LLM" and ' +
  '(not IsMatch(scope.name, "llama_index") or IsMatch(span.name, "\\\\.a?(stream_)?(chat|complete)$")))';

function attributes(tokenType?: 'input' | 'output'): readonly object[] {
  return [
    { key: 'gen_ai.operation.name', optional: true },
    { key: 'gen_ai.provider.name', default_value: 'unknown' },
    { key: 'gen_ai.request.model', default_value: 'unknown' },
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
 * The signal_to_metrics connector for mode `openinference`: OpenLIT's token and duration histograms, under OpenLIT's names, from the
 * spans of OpenInference, which has no metrics of its own.
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
    ],
  };
}
