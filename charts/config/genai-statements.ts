import { PRODUCER_ATTRIBUTE, PRODUCER_SCOPES } from '../../api/metrics/span-metrics.ts';

/** OpenInference kind -> `gen_ai.operation.name`. CHAIN has none: a query engine is no agent, whatever upstream's normalizer says. */
const OPERATIONS = {
  LLM: 'chat',
  EMBEDDING: 'embeddings',
  RETRIEVER: 'retrieval',
  TOOL: 'execute_tool',
  AGENT: 'invoke_agent',
} as const;

/** `gen_ai.*` attribute <- OpenInference attribute, first that exists. */
const ATTRIBUTES: readonly (readonly [to: string, from: string])[] = [
  ['gen_ai.request.model', 'llm.model_name'],
  ['gen_ai.request.model', 'embedding.model_name'],
  ['gen_ai.provider.name', 'llm.provider'],
  ['gen_ai.provider.name', 'llm.system'],
  ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'],
  ['gen_ai.usage.output_tokens', 'llm.token_count.completion'],
  ['gen_ai.conversation.id', 'session.id'],
];

const attribute = (name: string) => `span.attributes["${name}"]`;
const KIND = attribute('openinference.span.kind');

/**
 * Statements of the transform processor: who made a span, and OpenTelemetry's GenAI names beside OpenInference's. So both producers share
 * one set of dimensions, and Jaeger's GenAI view opens. Attributes that exist stay as they are.
 */
export function genAiStatements(): readonly object[] {
  const producer = attribute(PRODUCER_ATTRIBUTE);
  return [
    {
      context: 'span',
      statements: [
        `set(${producer}, "app")`,
        `set(${producer}, "openlit") where IsMatch(scope.name, "${PRODUCER_SCOPES.openlit}")`,
        `set(${producer}, "openinference") where IsMatch(scope.name, "${PRODUCER_SCOPES.openinference}")`,
        // OpenLIT's chroma instrumentor puts the text of inserted documents here, with content capture off too.
        `delete_key(span.attributes, "db.query.summary") where IsMatch(scope.name, "${PRODUCER_SCOPES.openlit}")`,
      ],
    },
    {
      context: 'span',
      conditions: [`${KIND} != nil`],
      statements: [
        ...Object.entries(OPERATIONS).map(([kind, operation]) => {
          const operationName = attribute('gen_ai.operation.name');
          return `set(${operationName}, "${operation}") where ${KIND} == "${kind}" and ${operationName} == nil`;
        }),
        ...ATTRIBUTES.map(
          ([to, from]) => `set(${attribute(to)}, ${attribute(from)}) where ${attribute(to)} == nil and ${attribute(from)} != nil`,
        ),
        // OpenInference says that a call failed, not how. This is the conventions' value for an error without a name.
        `set(${attribute('error.type')}, "_OTHER") where span.status.code == STATUS_CODE_ERROR and ${attribute('error.type')} == nil`,
      ],
    },
  ];
}
