/** Prints docs/reference/metrics.md, made from api/metrics: `node tools/reference-metrics.ts > docs/reference/metrics.md`. */
import { fileURLToPath } from 'node:url';
import { INSTRUMENTS, type Instrument } from '../api/metrics/instruments.ts';
import { LABEL_SETS, labelName } from '../api/metrics/openlit-labels.ts';
import { PANEL_QUERIES } from '../api/metrics/panel-queries.ts';
import { plainSeriesNames, seriesName } from '../api/metrics/series-name.ts';
import {
  CALLS_TOTAL,
  PRODUCER_LABEL,
  PRODUCER_SCOPES,
  SPAN_DURATION,
  SPAN_METRICS_NAMESPACE,
  SPAN_METRICS_UNIT,
  SPAN_PRODUCERS,
} from '../api/metrics/span-metrics.ts';
import { STABLE_METRICS } from '../api/metrics/stable-metrics.ts';
import { OPENLIT_SDKS, type VersionRange } from '../api/metrics/versions.ts';
import { BACKEND_RESOURCE_ATTRIBUTE } from '../api/names.ts';
import { tokensFromSpans } from '../charts/config/tokens-from-spans.ts';
import { code, markdownTable } from './lib/markdown-table.ts';

/** The page's text. */
export function metricsReference(): string {
  const of = (producer: string) => INSTRUMENTS.filter((one) => one.producers.some((name) => name === producer));
  return [
    '# Metrics',
    '',
    '<!-- Made from api/metrics by `node tools/reference-metrics.ts > docs/reference/metrics.md`; a test fails when it is stale. -->',
    '',
    'Every name that Prometheus has, who sends it, and under which versions. A histogram has three series: `_bucket`, `_sum`, `_count`.',
    '',
    '## Stable names',
    '[What the modes promise](../dual-mode.md): each name answers in every mode that can have it, whatever version of OpenLIT the workload has.',
    'The rules below make them ([ADR 6](../adr/0006-names-by-recording-rules.md)). A name without a rule is what the collector exposes.',
    'Recorded names are one evaluation (15 s) late and have no exemplars.',
    '',
    ...markdownTable(
      ['name', 'modes', 'labels for queries', 'rule'],
      STABLE_METRICS.map(({ name, modes, labels, source }) => [
        code(name),
        modes.length === 0 ? "the app's own" : modes.join(', '),
        labels.map(code).join(' '),
        source.kind === 'recorded' ? code(source.expr) : '',
      ]),
    ),
    '',
    'These dashboard queries answer as they stand:',
    '',
    ...Object.values(PANEL_QUERIES).map((query) => `- ${code(query)}`),
    '',
    '## OpenLIT',
    `Read at the tags of OpenLIT's repository: ${Object.values(OPENLIT_SDKS)
      .map(({ tag, instruments, labels, newest }) => `\`${tag}*\` up to ${newest} (\`${instruments}\`; labels: \`${labels}\`)`)
      .join(', ')}.`,
    "Empty: the SDK never had it. Plain: the name where an exporter adds no suffixes, as OpenLIT's own documentation sets it up.",
    '',
    ...markdownTable(
      ['instrument', 'kind, unit', 'series', 'plain', 'Python', 'TypeScript', 'what it is'],
      of('openlit').map((one) => [
        code(one.name),
        `${one.kind}, ${code(one.unit)}`,
        code(seriesName(one)),
        code(plain(one)),
        range(one.openlit?.python),
        range(one.openlit?.typescript),
        one.description,
      ]),
    ),
    '',
    "### Labels of OpenLIT's series",
    'Of points about a model call (`call`), a vector database (`db`), MCP, an agent, a guard. Labels in brackets are on some points only.',
    '',
    ...markdownTable(
      ['SDK', 'versions', 'points', 'labels', 'remark'],
      LABEL_SETS.map(({ sdk, points, always, sometimes = [], note = '', ...versions }) => [
        sdk,
        range(versions),
        points,
        [...always.map(labelName).map(code), ...sometimes.map((one) => `[${code(labelName(one))}]`)].join(' '),
        note,
      ]),
    ),
    '',
    '## The application',
    "Made by the workload's own code. These are the names of flexible-graphrag, a RAG application.",
    '',
    ...instruments(of('app')),
    '',
    '## The collector, from spans',
    `- ${code(CALLS_TOTAL)} and ${code(SPAN_DURATION)}: the span_metrics connector, with namespace ${code(JSON.stringify(SPAN_METRICS_NAMESPACE))} and unit ${code(SPAN_METRICS_UNIT)}. Jaeger's`,
    `  Monitor tab reads the same (\`metric_namespace\`, \`latency_unit\`, \`normalize_calls\`, \`normalize_duration\`).`,
    `- ${code(PRODUCER_LABEL)} says who made a span, by its scope: ${SPAN_PRODUCERS.map(code).join(', ')} (${Object.entries(PRODUCER_SCOPES)
      .map(([producer, scope]) => `${producer}: ${code(scope)}`)
      .join(', ')}; else \`app\`). Unsplit,`,
    `  ${code(CALLS_TOTAL)} counts one call up to three times.`,
    `- Where the resource attribute ${code(BACKEND_RESOURCE_ATTRIBUTE)} is \`openinference\`, the signal_to_metrics connector makes from OpenInference's spans what OpenLIT would send:`,
    `  ${fromSpans().map(code).join(', ')}.`,
    '',
    ...instruments(of('collector')),
    '',
  ].join('\n');
}

/** Series of the instruments that signal_to_metrics makes, without the canary. */
function fromSpans(): readonly string[] {
  const made = (tokensFromSpans() as { spans: readonly { name: string }[] }).spans.map(({ name }) => name);
  return INSTRUMENTS.filter(({ name, openlit }) => openlit !== undefined && made.includes(name)).map(seriesName);
}

function instruments(list: readonly Instrument[]): readonly string[] {
  return markdownTable(
    ['instrument', 'kind', 'series', 'what it is'],
    list.map((one) => [code(one.name), one.kind, code(seriesName(one)), one.description]),
  );
}

function plain(one: Instrument): string {
  return (plainSeriesNames(one)[0] ?? '').replace(/_bucket$/, '');
}

function range(versions: VersionRange | undefined): string {
  if (versions === undefined) return '';
  const { since, until } = versions;
  if (until === undefined) return `${since} on`;
  return until === since ? since : `${since} to ${until}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(metricsReference());
