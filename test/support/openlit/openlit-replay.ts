import type { Instrument } from '../../../api/metrics/instrument.ts';
import { openLitInstruments } from '../../../api/metrics/instruments.ts';
import { OPENLIT_INSTRUMENTS } from '../../../api/metrics/openlit-instruments.ts';
import { LABEL_SETS, openLitLabels } from '../../../api/metrics/openlit-labels.ts';
import { compareVersions, OPENLIT_SDKS, type OpenLitSdk } from '../../../api/metrics/versions.ts';
import type { Attributes, MetricSpec, PointSpec } from '../telemetry/otlp.ts';
import { MODEL, type Usage } from '../telemetry/workloads.ts';

export interface OpenLitVersion {
  readonly sdk: OpenLitSdk;
  readonly version: string;
}

/** The first version of each range in which neither an instrument nor a label of OpenLIT changes. */
export const OPENLIT_RANGES: readonly OpenLitVersion[] = (Object.keys(OPENLIT_SDKS) as OpenLitSdk[]).flatMap((sdk) => {
  const instruments = OPENLIT_INSTRUMENTS.flatMap(({ openlit }) => openlit?.[sdk]?.since ?? []);
  const labels = LABEL_SETS.filter((set) => set.sdk === sdk).map(({ since }) => since);
  return [...new Set([...instruments, ...labels])].sort(compareVersions).map((version) => ({ sdk, version }));
});

/** Whether a version counts operations of a vector database at all (`note` of its label set). */
export function countsDatabase({ sdk, version }: OpenLitVersion): boolean {
  return sdk === 'python' || compareVersions(version, '1.15.0') >= 0;
}

/** Whether a version measures how long a call takes. */
export function measuresDuration({ sdk, version }: OpenLitVersion): boolean {
  return sdk === 'typescript' || compareVersions(version, '1.33.9') >= 0;
}

const VALUES: Attributes = {
  'telemetry.sdk.name': 'openlit',
  'deployment.environment': 'test',
  'gen_ai.environment': 'test',
  'gen_ai.operation.name': 'chat',
  'gen_ai.type': 'chat',
  'gen_ai.system': 'openai',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': MODEL,
  'gen_ai.response.model': MODEL,
  'server.address': 'api.example',
  'server.port': 443,
  'db.system': 'chroma',
  'db.system.name': 'chroma',
  'db.operation': 'query',
  'db.operation.name': 'QUERY',
};
/** Where OpenLIT records a vector database as if it were a model. */
const DATABASE_AS_MODEL: Attributes = { 'gen_ai.system': 'chroma', 'gen_ai.request.model': 'chroma', 'gen_ai.response.model': 'chroma' };
const FRAMEWORK: Attributes = { 'gen_ai.request.model': 'unknown' };

/**
 * The metrics on model calls and databases of a workload with a version of OpenLIT, as the catalogue says it sends them: the given usage,
 * and beside it, where that version has them, seven rows of framework steps.
 */
export function openLitReplay(at: OpenLitVersion, service: string, usage: Usage): readonly MetricSpec[] {
  return openLitInstruments(at.sdk, at.version).flatMap((instrument) => {
    if (instrument.points !== 'call' && instrument.points !== 'db') return [];
    if (instrument.points === 'db' && !countsDatabase(at)) return [];
    const names = openLitLabels(instrument, at.sdk, at.version)?.always ?? [];
    const own: Attributes = { 'service.name': service, 'gen_ai.application_name': service };
    const database = instrument.points === 'db' ? DATABASE_AS_MODEL : {};
    const values: Attributes = { ...VALUES, ...own, ...database };
    const attributes = Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
    const { name, kind, unit } = instrument;
    return [{ name, kind, unit, points: points(instrument, at, attributes, usage) }];
  });
}

function points(instrument: Instrument, at: OpenLitVersion, attributes: Attributes, usage: Usage): readonly PointSpec[] {
  const point = (value: number, more: Attributes = {}): PointSpec => ({
    attributes: { ...attributes, ...more },
    value,
    count: usage.calls,
  });
  // TypeScript has no framework rows; Python has them where it has response models, since 1.33.9.
  const steps = at.sdk === 'python' && measuresDuration(at) ? [{ attributes: { ...attributes, ...FRAMEWORK }, value: 7, count: 7 }] : [];
  switch (instrument.name) {
    case 'gen_ai.client.token.usage':
      return (openLitLabels(instrument, at.sdk, at.version)?.sometimes ?? []).includes('gen_ai.token.type')
        ? [point(usage.input, { 'gen_ai.token.type': 'input' }), point(usage.output, { 'gen_ai.token.type': 'output' })]
        : [point(usage.input + usage.output)];
    case 'gen_ai.usage.total_tokens':
      return [point(usage.input + usage.output)];
    case 'gen_ai.usage.input_tokens':
    case 'gen_ai.usage.prompt_tokens':
      return [point(usage.input)];
    case 'gen_ai.usage.output_tokens':
    case 'gen_ai.usage.completion_tokens':
      return [point(usage.output)];
    case 'gen_ai.usage.cost':
      return [point(usage.cost)];
    case 'gen_ai.total.requests':
    case 'gen_ai.client.operation.duration':
      return [point(usage.calls), ...steps];
    case 'db.total.requests':
    case 'db.client.operation.duration':
      return [{ attributes, value: usage.dbRequests, count: usage.dbRequests }];
    default:
      return [point(usage.calls)];
  }
}
