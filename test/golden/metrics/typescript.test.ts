import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLitInstruments } from '../../../api/metrics/instruments.ts';
import { seriesNames } from '../../../api/metrics/series-name.ts';
import { CALLS_TOTAL, PRODUCER_LABEL, SPAN_DURATION } from '../../../api/metrics/span-metrics.ts';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { ensureNodePackages } from '../../../tools/node/packages.ts';
import { ensurePython } from '../../../tools/python/uv.ts';
import { type Answer, appEnvironment, labelFaults } from '../../support/openlit/openlit-app.ts';
import { caughtUp } from '../../support/processes/caught-up.ts';
import { LineProcess } from '../../support/processes/line-process.ts';
import { end, ready, start } from '../../support/processes/processes.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition } from '../../support/telemetry/exposition.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { eventually } from '../../support/time/eventually.ts';

/** An installed OpenLIT for TypeScript against the real collector and Prometheus. The binaries may have to be built first. */
const LIMIT_MS = 45 * 60_000;
const ROOT = join(import.meta.dirname, '../../..');
const VERSION = '1.15.0';
const SERVICE = 'openlit-typescript';
const PACKAGES = join(import.meta.dirname, `typescript-${VERSION}`);

let folder: string;
let stack: StackProcesses;
let model: ReturnType<typeof start>;
let app: LineProcess;
let answer: Answer;

const sum = async (expr: string) => Number((await promQuery(stack.url.prometheus, expr))[0]?.value[1] ?? Number.NaN);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-typescript-'));
  const packages = await ensureNodePackages(
    {
      manifest: readFileSync(join(PACKAGES, 'package.json'), 'utf8'),
      lock: readFileSync(join(PACKAGES, 'package-lock.json'), 'utf8'),
    },
    (line) => void process.stderr.write(`${line}\n`),
  );
  stack = await startStackProcesses();
  const [port] = await freePorts(1);
  const api = `http://127.0.0.1:${port}`;
  const log = join(folder, 'api.log');
  const { path } = await ensurePython();
  model = start(path, ['-B', join(ROOT, 'examples/fake-openai/server.py'), '--host', '127.0.0.1', '--port', String(port)], log);
  await ready(`${api}/healthz`, model, () => readFileSync(log, 'utf8'));
  app = new LineProcess(process.execPath, [join(import.meta.dirname, 'apps/openlit-app.cjs')], {
    ...appEnvironment({
      service: SERVICE,
      backend: 'openlit',
      api,
      otlp: stack.url.otlp,
      prices: join(ROOT, 'bootstrap/python/pricing.json'),
    }),
    DUOTEL_TEST_PACKAGES: packages,
  });
  answer = (await app.ask()) as Answer;
  // Metrics are exposed as soon as they are accepted; what is counted from spans comes with the next flush.
  await eventually('the spans to be counted', async () => (await scrape()).some(({ name }) => name === CALLS_TOTAL));
  await caughtUp(stack.url.prometheus);
}, LIMIT_MS);

afterAll(async () => {
  await app?.stop();
  if (model !== undefined) await end(model);
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function scrape() {
  const samples = parseExposition(await (await fetch(stack.url.metrics)).text());
  return samples.filter(({ name, labels }) => labels['service_name'] === SERVICE && name !== 'target_info');
}

describe(`OpenLIT for TypeScript ${VERSION}`, () => {
  const instruments = openLitInstruments('typescript', VERSION);

  it('is the version that is installed, and creates the instruments of the catalogue', () => {
    expect(answer.version).toBe(VERSION);
    expect(answer.instruments).toEqual(instruments.map(({ kind, name, unit }) => `${kind} ${name} ${unit}`).sort());
  });

  it('has at the collector the series of the catalogue and no other, but those of a database', async () => {
    const spans = [CALLS_TOTAL, ...['bucket', 'sum', 'count'].map((suffix) => `${SPAN_DURATION}_${suffix}`)];
    const expected = instruments.filter(({ points }) => points !== 'db').flatMap(seriesNames);
    const found = new Set((await scrape()).map(({ name }) => name).filter((name) => !spans.includes(name)));
    expect([...found].sort()).toEqual(expected.sort());
  });

  it('has on each series the labels of the catalogue', async () => {
    expect(labelFaults({ sdk: 'typescript', version: VERSION }, await scrape())).toEqual([]);
  });

  it('is exact to the token under the stable names', async () => {
    const of = (name: string) => sum(`sum(${name}{service_name="${SERVICE}",gen_ai_request_model="gpt-4o-mini"})`);
    const figures = async () => ({
      input: await of('gen_ai_usage_input_tokens_total'),
      output: await of('gen_ai_usage_output_tokens_total'),
      requests: await of('gen_ai_total_requests'),
      timed: await of('gen_ai_request_duration_seconds_count'),
    });
    expect(await figures()).toEqual({ input: answer.input, output: answer.output, requests: 1, timed: 1 });
    // USD per thousand tokens of gpt-4o-mini in the shipped price list.
    expect(await of('gen_ai_total_cost')).toBeCloseTo((answer.input * 0.00015 + answer.output * 0.0006) / 1000, 10);
  });

  it('has every stable name that does not need a database or the application', async () => {
    const names = STABLE_METRICS.filter(({ name, modes }) => modes.includes('openlit') && name !== 'db_total_requests');
    const series = async (name: string) => (await promQuery(stack.url.prometheus, `${name}{service_name="${SERVICE}"}`)).length;
    for (const { name } of names) expect({ name, found: (await series(name)) > 0 }).toEqual({ name, found: true });
    const spans = () => sum(`sum(${CALLS_TOTAL}{service_name="${SERVICE}",${PRODUCER_LABEL}="openlit"})`);
    expect(await eventually('its spans', async () => (await spans()) > 0 && spans())).toBeGreaterThan(0);
  });
});
