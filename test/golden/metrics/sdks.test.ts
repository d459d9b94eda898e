import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTRUMENTS, openLitInstruments } from '../../../api/metrics/instruments.ts';
import { PANEL_QUERIES } from '../../../api/metrics/panel-queries.ts';
import { seriesName, seriesNames } from '../../../api/metrics/series-name.ts';
import { CALLS_TOTAL, PRODUCER_LABEL, SPAN_DURATION } from '../../../api/metrics/span-metrics.ts';
import { STABLE_METRICS, type StableMetric } from '../../../api/metrics/stable-metrics.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { ensurePythonEnvironment } from '../../../tools/python/uv.ts';
import { type Answer, appEnvironment, labelFaults } from '../../support/openlit/openlit-app.ts';
import { countsDatabase, measuresDuration, OPENLIT_RANGES, openLitReplay } from '../../support/openlit/openlit-replay.ts';
import { OPENLIT_RELEASES, type OpenLitRelease, openLitRequirements } from '../../support/openlit/openlit-versions.ts';
import { caughtUp } from '../../support/processes/caught-up.ts';
import { LineProcess } from '../../support/processes/line-process.ts';
import { end, ready, start } from '../../support/processes/processes.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition, type Sample, select, total } from '../../support/telemetry/exposition.ts';
import { metricsRequest } from '../../support/telemetry/otlp.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { OPENLIT_METRICS, resource } from '../../support/telemetry/workloads.ts';
import { eventually } from '../../support/time/eventually.ts';

/** Three installed OpenLIT and both producers together, against the real collector and Prometheus. The binaries may have to be built first. */
const LIMIT_MS = 45 * 60_000;
const ROOT = join(import.meta.dirname, '../../..');
const APPS = join(import.meta.dirname, 'apps');
const BOOTSTRAP = join(ROOT, 'bootstrap/python');
const NEWEST = '1.45.0';
const MODES = ['openinference', 'both'] as const;

let folder: string;
let stack: StackProcesses;
let model: ReturnType<typeof start>;
const programs: LineProcess[] = [];
const answers = new Map<string, Answer>();
/** Spans of each service that were counted so far. */
const counted = new Map<string, number>();

const serviceOf = (version: string) => `openlit-${version}`;
const MODE_OF: Readonly<Record<string, StableMetric['modes'][number]>> = {
  ...Object.fromEntries(OPENLIT_RELEASES.map((version) => [serviceOf(version), 'openlit'])),
  openinference: 'openinference',
  both: 'both',
};
const query = (expr: string) => promQuery(stack.url.prometheus, expr);
const sum = async (expr: string) => Number((await query(expr))[0]?.value[1] ?? Number.NaN);

/** With what the tests of the bootstrap need, the newest is the very environment of those. */
function python(release: OpenLitRelease): Promise<string> {
  const tests = readFileSync(join(ROOT, 'test/golden/python/requirements.txt'), 'utf8');
  const texts = [openLitRequirements(release), ...(release === NEWEST ? [tests] : [])];
  return ensurePythonEnvironment(texts, (line) => void process.stderr.write(`${line}\n`));
}

function environment(service: string, backend: string, api: string): Readonly<Record<string, string>> {
  return appEnvironment({ service, backend, api, otlp: stack.url.otlp, prices: join(BOOTSTRAP, 'pricing.json') });
}

/** Usage of each step of a replayed version. */
const usage = (step: number) => ({ calls: 4 * step, input: 467 * step, output: 28 * step, cost: 0.25 * step, dbRequests: 3 * step });

async function replay(step: number): Promise<void> {
  for (const at of OPENLIT_RANGES) {
    const service = `${at.sdk}-${at.version}`;
    await stack.send('metrics', metricsRequest(resource(service, 'openlit'), OPENLIT_METRICS, openLitReplay(at, service, usage(step))));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-sdks-'));
  const interpreters = new Map<string, string>();
  for (const release of OPENLIT_RELEASES) interpreters.set(release, await python(release));
  stack = await startStackProcesses();
  const [port] = await freePorts(1);
  const api = `http://127.0.0.1:${port}`;
  const anyPython = interpreters.get(NEWEST) ?? '';
  model = start(
    anyPython,
    ['-B', join(ROOT, 'examples/fake-openai/server.py'), '--host', '127.0.0.1', '--port', String(port)],
    join(folder, 'api.log'),
  );
  await ready(`${api}/healthz`, model, () => readFileSync(join(folder, 'api.log'), 'utf8'));
  const openlits = [...interpreters].map(([version, interpreter]) => {
    const program = new LineProcess(interpreter, [join(APPS, 'openlit_app.py')], environment(serviceOf(version), 'openlit', api));
    return { version, program };
  });
  const bootstrapped = MODES.map((mode) => {
    const env = { ...environment(mode, mode, api), PYTHONPATH: BOOTSTRAP, DUOTEL_CAPTURE_CONTENT: 'false' };
    return new LineProcess(anyPython, [join(APPS, 'workload_app.py')], env);
  });
  programs.push(...openlits.map(({ program }) => program), ...bootstrapped);
  // Twice, with a scrape between: a rate needs two samples.
  for (const step of [1, 2]) {
    await replay(step);
    await Promise.all([
      ...openlits.map(async ({ version, program }) => answers.set(version, (await program.ask()) as Answer)),
      ...bootstrapped.map((program) => program.ask()),
    ]);
    // Metrics are exposed as soon as they are accepted, which the answers wait for; what is counted from spans comes with the next flush.
    for (const service of [...openlits.map(({ version }) => serviceOf(version)), ...MODES]) {
      const producer = MODE_OF[service] === 'openlit' ? 'openlit' : 'openinference';
      const spans = async () => total(select(await scrape(service), CALLS_TOTAL, { [PRODUCER_LABEL]: producer }));
      const before = counted.get(service) ?? 0;
      counted.set(service, await eventually(`spans of ${service} in round ${step}`, async () => (await spans()) > before && spans()));
    }
    await caughtUp(stack.url.prometheus);
  }
}, LIMIT_MS);

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  if (model !== undefined) await end(model);
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function scrape(service: string): Promise<readonly Sample[]> {
  const samples = parseExposition(await (await fetch(stack.url.metrics)).text());
  return samples.filter(({ name, labels }) => labels['service_name'] === service && name !== 'target_info');
}

describe.each(OPENLIT_RELEASES)('OpenLIT %s', (version) => {
  const service = serviceOf(version);
  const instruments = openLitInstruments('python', version);

  it('is the version that is installed, and creates the instruments of the catalogue', () => {
    const answer = answers.get(version);
    expect(answer?.version).toBe(version);
    expect(answer?.instruments).toEqual(instruments.map(({ kind, name, unit }) => `${kind} ${name} ${unit}`).sort());
  });

  it('has at the collector the series of the catalogue and no other', async () => {
    const spans = [CALLS_TOTAL, ...['bucket', 'sum', 'count'].map((suffix) => `${SPAN_DURATION}_${suffix}`)];
    const own = INSTRUMENTS.filter(({ producers }) => producers.includes('app')).flatMap(seriesNames);
    const found = new Set((await scrape(service)).map(({ name }) => name).filter((name) => !spans.includes(name) && !own.includes(name)));
    expect([...found].sort()).toEqual(instruments.flatMap(seriesNames).sort());
  });

  it('has on each series the labels of the catalogue', async () => {
    expect(labelFaults({ sdk: 'python', version }, await scrape(service))).toEqual([]);
  });

  it('is exact to the token under the stable names', async () => {
    const { input = 0, output = 0 } = answers.get(version) ?? {};
    const of = (name: string) => sum(`sum(${name}{service_name="${service}",gen_ai_request_model="gpt-4o-mini"})`);
    const counts = async () => ({
      input: await of('gen_ai_usage_input_tokens_total'),
      output: await of('gen_ai_usage_output_tokens_total'),
      requests: await of('gen_ai_total_requests'),
      timed: await of('gen_ai_request_duration_seconds_count'),
    });
    const expected = { input: 2 * input, output: 2 * output, requests: 2, timed: 2 };
    expect(await counts()).toEqual(expected);
    // USD per thousand tokens of gpt-4o-mini in the shipped price list.
    expect(await of('gen_ai_total_cost')).toBeCloseTo((expected.input * 0.00015 + expected.output * 0.0006) / 1000, 10);
    expect(await sum(`sum(db_total_requests{service_name="${service}",db_system="chroma"})`)).toBe(4);
  });
});

/** Names that a mode can have; `own`: the application's metrics too. */
const namesOf = (mode: StableMetric['modes'][number]) => STABLE_METRICS.filter(({ modes }) => modes.length === 0 || modes.includes(mode));
describe.each(Object.entries(MODE_OF))('a workload %s, in mode %s', (service, mode) => {
  it('has every stable name that its mode can have, with the labels that queries group by', async () => {
    for (const { name, labels } of namesOf(mode)) {
      const series = await query(`${name}{service_name="${service}"}`);
      const missing = labels.filter((label) => !series.some(({ metric }) => metric[label] !== undefined));
      expect({ name, series: series.length > 0, missing }).toEqual({ name, series: true, missing: [] });
    }
  });

  it('answers the dashboard queries of docs/dual-mode.md', async () => {
    const needOpenLit = [PANEL_QUERIES.costPerHour, PANEL_QUERIES.vectorDbOperations] as readonly string[];
    for (const expr of Object.values(PANEL_QUERIES).filter((one) => mode !== 'openinference' || !needOpenLit.includes(one))) {
      // The query, of this workload alone.
      const own = expr.replaceAll(/(\w+)\[/g, `$1{service_name="${service}"}[`);
      const rates = await eventually(own, async () => {
        const values = (await query(own)).map(({ value: [, text] }) => Number(text)).filter((rate) => rate > 0);
        return values.length > 0 && values;
      });
      expect(rates.length).toBeGreaterThan(0);
    }
  });

  it('has its spans counted under the producer that its mode shows', async () => {
    const spans = await query(`sum by (${PRODUCER_LABEL}) (${CALLS_TOTAL}{service_name="${service}"})`);
    expect(spans.map(({ metric }) => metric[PRODUCER_LABEL])).toContain(mode === 'openlit' ? 'openlit' : 'openinference');
  });
});

describe.each(OPENLIT_RANGES)('OpenLIT $version for $sdk, as the catalogue says it sends', (at) => {
  const service = `${at.sdk}-${at.version}`;

  it('has the same figures under the stable names', async () => {
    const of = (name: string, more = '') => sum(`sum(${name}{service_name="${service}"${more}})`);
    const figures = {
      input: await of('gen_ai_usage_input_tokens_total'),
      output: await of('gen_ai_usage_output_tokens_total'),
      requests: await of('gen_ai_total_requests'),
      cost: await of('gen_ai_total_cost'),
      timed: await of('gen_ai_request_duration_seconds_count'),
      database: await of('db_total_requests', ',db_system="chroma"'),
    };
    expect(figures).toEqual({
      input: 934,
      output: 56,
      requests: 8,
      cost: 0.5,
      timed: measuresDuration(at) ? 8 : Number.NaN,
      database: countsDatabase(at) ? 6 : Number.NaN,
    });
  });
});

describe('the collector', () => {
  it('makes in mode openinference what OpenLIT would send, and adds nothing to a workload that has OpenLIT', async () => {
    const duration = `${seriesName({ name: 'gen_ai.client.operation.duration', kind: 'histogram', unit: 's' })}_count`;
    expect(total(select(await scrape('openinference'), duration))).toBeGreaterThan(0);
    const scopes = new Set(select(await scrape('both'), duration).map(({ labels }) => labels['otel_scope_name']));
    expect([...scopes]).toEqual([OPENLIT_METRICS]);
  });
});
