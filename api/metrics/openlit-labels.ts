import type { Instrument, PointKind } from './instrument.ts';
import { inRange, type OpenLitSdk, type VersionRange } from './versions.ts';

/** The attributes that an SDK's points have over a range of versions. As Prometheus labels their dots are underscores (`labelName`). */
export interface LabelSet extends VersionRange {
  readonly sdk: OpenLitSdk;
  readonly points: PointKind;
  /** On each point of a call or an operation. */
  readonly always: readonly string[];
  /** On some: those of a failed call, of one inside an agent, of one half of the tokens. */
  readonly sometimes?: readonly string[];
  readonly note?: string;
}

const SDK = ['telemetry.sdk.name', 'service.name', 'deployment.environment'] as const;
const SERVER = ['server.address', 'server.port'] as const;
const MODELS = ['gen_ai.operation.name', 'gen_ai.request.model', 'gen_ai.response.model'] as const;
const OLDEST = ['telemetry.sdk.name', 'gen_ai.application_name', 'gen_ai.environment'] as const;

const python = (points: PointKind, since: string, until: string | undefined, rest: Pick<LabelSet, 'always' | 'sometimes' | 'note'>) => ({
  sdk: 'python' as const,
  points,
  since,
  ...(until !== undefined && { until }),
  ...rest,
});
const typescript = (
  points: PointKind,
  since: string,
  until: string | undefined,
  rest: Pick<LabelSet, 'always' | 'sometimes' | 'note'>,
) => ({
  ...python(points, since, until, rest),
  sdk: 'typescript' as const,
});

const MCP = {
  always: [...SDK, 'mcp.operation.name', 'mcp.method', 'mcp.system'],
  sometimes: [
    'mcp.transport.type',
    'mcp.tool.name',
    'mcp.resource.uri',
    'mcp.resource.name',
    'mcp.prompt.name',
    'mcp.client.type',
    'mcp.error',
  ],
};
const GUARD = { always: ['guard.name', 'guard.action', 'guard.score', 'guard.classification', 'guard.phase'] };

/** Read at every tag of both SDKs (`OPENLIT_SDKS`); the ranges of one SDK and kind follow each other without a gap. */
export const LABEL_SETS: readonly LabelSet[] = [
  python('call', '0.0.3', '1.33.8', { always: [...OLDEST, 'gen_ai.system', 'gen_ai.type', 'gen_ai.request.model'] }),
  python('call', '1.33.9', '1.36.8', {
    always: [...SDK, ...MODELS, 'gen_ai.system', ...SERVER],
    note: 'Until 1.34.10 some providers keep the older labels.',
  }),
  python('call', '1.36.9', '1.37.0', { always: [...SDK, ...MODELS, 'gen_ai.provider.name', ...SERVER] }),
  python('call', '1.37.1', '1.37.5', {
    always: [...SDK, ...MODELS, 'gen_ai.provider.name', ...SERVER],
    sometimes: ['gen_ai.token.type', 'error.type'],
  }),
  python('call', '1.38.0', undefined, {
    always: [...SDK, ...MODELS, 'gen_ai.provider.name', ...SERVER],
    sometimes: ['gen_ai.token.type', 'error.type', 'gen_ai.agent.name'],
  }),
  python('db', '0.0.3', '1.33.9', {
    always: [...OLDEST, 'db.system', 'db.operation'],
    sometimes: ['gen_ai.type', 'gen_ai.operation.name'],
    note: '1.33.9 has gen_ai_operation_name in place of gen_ai_type.',
  }),
  python('db', '1.33.10', '1.33.14', { always: [...SDK, 'gen_ai.operation.name', 'db.system', 'db.operation'] }),
  python('db', '1.33.15', '1.34.23', { always: [...SDK, 'gen_ai.operation.name', 'db.system.name', 'db.operation.name'] }),
  python('db', '1.34.24', '1.35.0', {
    always: [...SDK, ...MODELS, 'gen_ai.system', ...SERVER],
    note: 'The database is in gen_ai_system, and in both model labels (chroma: since 1.34.25).',
  }),
  python('db', '1.35.1', undefined, { always: [...SDK, 'db.system.name', 'db.operation.name', ...SERVER] }),
  python('mcp', '1.35.1', undefined, MCP),
  python('agent', '1.38.0', undefined, {
    always: [],
    sometimes: [
      'gen_ai.agent.name',
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.tool.name',
      'gen_ai.agent.source',
      'gen_ai.agent.target',
      'error.type',
    ],
  }),
  python('guard', '1.43.0', undefined, GUARD),
  typescript('call', '1.7.0', '1.9.1', {
    always: ['service.name', 'deployment.environment', 'gen_ai.system', 'gen_ai.endpoint', 'gen_ai.request.model', 'gen_ai.request.user'],
  }),
  typescript('call', '1.10.0', '1.11.0', {
    always: [
      'service.name',
      'deployment.environment',
      'gen_ai.system',
      'gen_ai.provider.name',
      'gen_ai.endpoint',
      'gen_ai.request.model',
      'gen_ai.request.user',
    ],
  }),
  typescript('call', '1.12.0', undefined, {
    always: [...SDK, 'gen_ai.provider.name', 'gen_ai.request.model'],
    sometimes: ['gen_ai.operation.name', 'gen_ai.response.model', ...SERVER, 'error.type', 'gen_ai.token.type'],
  }),
  typescript('db', '1.7.0', '1.14.0', { always: [], note: 'The instruments exist and nothing records them.' }),
  typescript('db', '1.15.0', undefined, {
    always: [...SDK, 'db.system.name', 'db.operation.name', ...SERVER],
    note: 'Recorded for PostgreSQL alone.',
  }),
  typescript('mcp', '1.14.0', undefined, MCP),
  typescript('guard', '1.14.0', undefined, GUARD),
];

/** The label that Prometheus makes of an attribute. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^A-Za-z0-9]/g, '_');
}

/** The label set of an instrument in one version of an SDK; undefined where that version has no such instrument. */
export function openLitLabels(instrument: Pick<Instrument, 'openlit' | 'points'>, sdk: OpenLitSdk, version: string): LabelSet | undefined {
  const range = instrument.openlit?.[sdk];
  if (range === undefined || !inRange(version, range)) return undefined;
  return LABEL_SETS.find((set) => set.sdk === sdk && set.points === instrument.points && inRange(version, set));
}
