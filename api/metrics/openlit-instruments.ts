import type { Instrument, InstrumentKind, PointKind } from './instrument.ts';
import type { OpenLitSdk, VersionRange } from './versions.ts';

/**
 * What OpenLIT measures, by version of both SDKs. Names, units and ranges were read at all 174 `py-*` and 24 `ts-*` tags
 * (`OPENLIT_SDKS`); test/data/openlit-instruments.yaml holds what was found, and test/golden/metrics asks installed packages.
 */

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
const LABELS: Readonly<Record<PointKind, readonly string[]>> = {
  call: GEN_AI_LABELS,
  db: ['service_name', 'deployment_environment', 'db_system_name', 'db_operation_name'],
  mcp: ['service_name', 'deployment_environment', 'mcp_operation_name', 'mcp_method', 'mcp_tool_name'],
  agent: ['gen_ai_agent_name'],
  guard: ['guard_name', 'guard_action', 'guard_phase'],
};

type Versions = Readonly<Partial<Record<OpenLitSdk, VersionRange>>>;

const openlit = (
  name: string,
  kind: InstrumentKind,
  unit: string,
  points: PointKind,
  versions: Versions,
  description: string,
): Instrument => ({
  name,
  kind,
  unit,
  producers: ['openlit'],
  openlit: versions,
  points,
  labels: LABELS[points],
  description,
});

export const TOKEN_USAGE: Instrument = {
  ...openlit(
    'gen_ai.client.token.usage',
    'histogram',
    '{token}',
    'call',
    { python: { since: '1.33.9' }, typescript: { since: '1.12.0' } },
    'Tokens of one call. Split by gen_ai_token_type since OpenLIT 1.37.1; before, input and output were one observation.',
  ),
  producers: ['openlit', 'collector'],
  labels: [...GEN_AI_LABELS, 'gen_ai_token_type'],
};

export const OPERATION_DURATION: Instrument = {
  ...openlit(
    'gen_ai.client.operation.duration',
    'histogram',
    's',
    'call',
    { python: { since: '1.33.9' }, typescript: { since: '1.7.0' } },
    'Duration of one call, failed ones too. Framework steps appear with gen_ai_request_model="unknown".',
  ),
  producers: ['openlit', 'collector'],
  labels: [...GEN_AI_LABELS, 'error_type'],
};

export const USAGE_COST = openlit(
  'gen_ai.usage.cost',
  'histogram',
  'USD',
  'call',
  { python: { since: '0.0.3' }, typescript: { since: '1.7.0' } },
  'Cost of one call.',
);
export const DB_REQUESTS = openlit(
  'db.total.requests',
  'counter',
  '1',
  'db',
  { python: { since: '0.0.3' }, typescript: { since: '1.7.0' } },
  'Vector-database operations. TypeScript counts those of PostgreSQL alone, since 1.15.0.',
);
export const DB_DURATION = openlit(
  'db.client.operation.duration',
  'histogram',
  's',
  'db',
  { python: { since: '1.33.15' }, typescript: { since: '1.7.0' } },
  'Duration of one vector-database operation.',
);
export const TIME_TO_FIRST_TOKEN = openlit(
  'gen_ai.server.time_to_first_token',
  'histogram',
  's',
  'call',
  { python: { since: '1.33.9' }, typescript: { since: '1.7.1' } },
  'Time to the first token; recorded for calls that do not stream too.',
);

/** Counters that OpenLIT for Python 1.37.1 (2026-02-25) and TypeScript 1.12.0 removed: workloads on an older OpenLIT still send them. */
export const LEGACY_INPUT_TOKENS = openlit(
  'gen_ai.usage.input_tokens',
  'counter',
  '1',
  'call',
  { python: { since: '1.16.1', until: '1.37.0' }, typescript: { since: '1.7.0', until: '1.11.0' } },
  'Input tokens.',
);
export const LEGACY_OUTPUT_TOKENS = openlit(
  'gen_ai.usage.output_tokens',
  'counter',
  '1',
  'call',
  { python: { since: '1.16.1', until: '1.37.0' }, typescript: { since: '1.7.0', until: '1.11.0' } },
  'Output tokens.',
);
export const LEGACY_PROMPT_TOKENS = openlit(
  'gen_ai.usage.prompt_tokens',
  'counter',
  '1',
  'call',
  { python: { since: '0.0.3', until: '1.16.0' } },
  'Input tokens.',
);
export const LEGACY_COMPLETION_TOKENS = openlit(
  'gen_ai.usage.completion_tokens',
  'counter',
  '1',
  'call',
  { python: { since: '0.0.3', until: '1.16.0' } },
  'Output tokens.',
);
export const LEGACY_REQUESTS = openlit(
  'gen_ai.total.requests',
  'counter',
  '1',
  'call',
  { python: { since: '0.0.3', until: '1.37.0' }, typescript: { since: '1.7.0', until: '1.11.0' } },
  'Calls.',
);

const CHUNKS: Versions = { python: { since: '1.37.1' }, typescript: { since: '1.9.1' } };
const MCP: Versions = { python: { since: '1.35.1' }, typescript: { since: '1.14.0' } };
const AGENT: Versions = { python: { since: '1.38.0' } };
const mcpCounter = (name: string, description: string) => openlit(name, 'counter', '1', 'mcp', MCP, description);

export const OPENLIT_INSTRUMENTS: readonly Instrument[] = [
  TOKEN_USAGE,
  OPERATION_DURATION,
  USAGE_COST,
  TIME_TO_FIRST_TOKEN,
  openlit('gen_ai.server.request.duration', 'histogram', 's', 'call', CHUNKS, 'Duration of one call as the server sees it.'),
  openlit(
    'gen_ai.server.time_per_output_token',
    'histogram',
    's',
    'call',
    { python: { since: '1.33.9' }, typescript: { since: '1.7.1' } },
    'Time between two output tokens.',
  ),
  openlit('gen_ai.client.operation.time_to_first_chunk', 'histogram', 's', 'call', CHUNKS, 'Time to the first chunk of a stream.'),
  openlit('gen_ai.client.operation.time_per_output_chunk', 'histogram', 's', 'call', CHUNKS, 'Time between two chunks of a stream.'),
  DB_REQUESTS,
  DB_DURATION,
  LEGACY_INPUT_TOKENS,
  LEGACY_OUTPUT_TOKENS,
  LEGACY_PROMPT_TOKENS,
  LEGACY_COMPLETION_TOKENS,
  LEGACY_REQUESTS,
  openlit(
    'gen_ai.usage.total_tokens',
    'counter',
    '1',
    'call',
    { python: { since: '0.0.3', until: '1.33.8' } },
    'Input and output tokens together.',
  ),
  openlit(
    'gen_ai.usage.total_tokens',
    'histogram',
    '{token}',
    'call',
    { typescript: { since: '1.7.0', until: '1.11.0' } },
    'Input and output tokens of one call together, in place of gen_ai.client.token.usage.',
  ),
  openlit(
    'gen_ai.usage.reasoning_tokens',
    'counter',
    '1',
    'call',
    { python: { since: '1.33.22', until: '1.37.0' }, typescript: { since: '1.7.0', until: '1.11.0' } },
    'Reasoning tokens; later versions have them on spans alone.',
  ),
  openlit(
    'gen_ai.server.ttft',
    'histogram',
    's',
    'call',
    { typescript: { since: '1.7.0', until: '1.7.0' } },
    'Time to the first token, under its first name.',
  ),
  openlit(
    'gen_ai.server.tbt',
    'histogram',
    's',
    'call',
    { typescript: { since: '1.7.0', until: '1.7.0' } },
    'Time between two output tokens, under its first name.',
  ),
  openlit('gen_ai.agent.operation.duration', 'histogram', 's', 'agent', AGENT, 'Duration of one request to an agent.'),
  openlit('gen_ai.agent.invocations', 'counter', '1', 'agent', AGENT, 'Invocations of one agent by another.'),
  openlit('gen_ai.agent.tool.errors', 'counter', '1', 'agent', AGENT, 'Tools of an agent that failed.'),
  mcpCounter('mcp.requests', 'Requests to MCP servers.'),
  mcpCounter('mcp.tool.calls', 'Calls of MCP tools.'),
  mcpCounter('mcp.resource.reads', 'Reads of MCP resources.'),
  mcpCounter('mcp.prompt.gets', 'MCP prompts asked for.'),
  mcpCounter('mcp.transport.usage', 'MCP operations, by transport.'),
  mcpCounter('mcp.errors', 'MCP operations that failed; 0 is added for those that did not.'),
  openlit('mcp.client.operation.duration', 'histogram', 's', 'mcp', MCP, 'Duration of one MCP operation.'),
  openlit('mcp.request.size', 'histogram', 'By', 'mcp', MCP, 'Size of one MCP request.'),
  openlit('mcp.response.size', 'histogram', 'By', 'mcp', MCP, 'Size of one MCP response.'),
  openlit('mcp.operation.success_rate', 'histogram', '1', 'mcp', MCP, '1 for an MCP operation that succeeded, 0 for one that failed.'),
  openlit(
    'guard.requests',
    'counter',
    '1',
    'guard',
    { python: { since: '1.43.0' }, typescript: { since: '1.14.0' } },
    'Evaluations of guards.',
  ),
];
