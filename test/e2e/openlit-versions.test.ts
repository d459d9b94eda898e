import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANNOTATION } from '../../api/annotations.ts';
import { PANEL_QUERIES } from '../../api/metrics/panel-queries.ts';
import { CALLS_TOTAL, PRODUCER_LABEL } from '../../api/metrics/span-metrics.ts';
import { STABLE_METRICS, type StableMetric } from '../../api/metrics/stable-metrics.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import type { Check } from '../../src/verify/check.ts';
import type { ClusterPort } from '../../src/verify/cluster-port.ts';
import { verifyCluster } from '../../src/verify/verify-cluster.ts';
import { binary } from '../../tools/build/binary.ts';
import { downCluster, upCluster } from '../../tools/cluster/cluster.ts';
import { type ApiRelay, openApiRelay } from '../../tools/demo/api-relay.ts';
import { runWorkload, servedStats, type UsageByModel } from '../../tools/demo/app.ts';
import { JourneyContext } from '../../tools/demo/context.ts';
import { getDeployment, rolledOut } from '../../tools/demo/deployment.ts';
import { arrived, exactnessChecks, RUN } from '../../tools/demo/exactness.ts';
import { countCalls, countTraces, install, measuredUsage, openPort, stackReady } from '../../tools/demo/journey.ts';
import { exampleObjects, restrictedNamespace, yamlStream } from '../../tools/demo/manifests.ts';
import { until } from '../../tools/demo/poll.ts';
import { shippedPrices } from '../../tools/demo/price-list.ts';
import { synth } from '../../tools/demo/synth.ts';
import { LOCAL_IMAGE_NAMES, LOCAL_IMAGES } from '../../tools/images/images.ts';
import { ALL, APPS, type OpenLitApp as App, nameOf, objectsOf, REFUSED, titled } from '../support/openlit/openlit-apps.ts';
import { openLitImages } from '../support/openlit/openlit-images.ts';
import { sumUsage } from '../support/telemetry/usage.ts';
import { eventually } from '../support/time/eventually.ts';

const NAME = 'e2e-openlit';
const NAMESPACE = 'apps';
const UP_LIMIT_MS = 40 * 60_000;
const STEP_LIMIT_MS = 15 * 60_000;
/** Twice, with a scrape between: a rate needs a counter that moved. */
const RUNS = 2;

let folder: string;
let relay: ApiRelay;
let api: RestKubeApi;
let ctx: JourneyContext;
let port: ClusterPort;
let fakeOpenai: string;
/** What the API's answers to each app said of their tokens, over all runs. */
const usages = new Map<App, UsageByModel>();

const usageOf = (app: App): UsageByModel => usages.get(app) ?? sumUsage([]);
const failed = (checks: readonly Check[]) => checks.filter(({ state }) => state === 'failed');

/** What Prometheus can know of an app's usage: LlamaIndex' spans of embeddings carry no tokens, and only OpenLIT measures those calls. */
function measurable(app: App): UsageByModel {
  const usage = usageOf(app);
  if (app.backend !== 'openinference') return usage;
  const by_model = Object.fromEntries(
    Object.entries(usage.by_model).map(([model, row]) => [model, row.completion_tokens === 0 ? { ...row, prompt_tokens: 0 } : row]),
  );
  return sumUsage([{ ...usage, by_model }]);
}

/** Chat calls that the app counted itself, and those that the API answered it. */
const ownCalls = async (app: App) => (await port.prometheus.query(`sum(llm_requests_total{service_name="${nameOf(app)}"})`))[0]?.value ?? 0;
const answeredChats = (app: App) =>
  Object.values(usageOf(app).by_model).reduce((sum, row) => sum + (row.completion_tokens > 0 ? row.requests : 0), 0);

async function runAll(pods: ReadonlyMap<App, string>): Promise<void> {
  await Promise.all(
    [...pods].map(async ([app, pod]) => {
      const usage = await runWorkload(ctx.options.source, NAMESPACE, pod);
      usages.set(app, sumUsage([usageOf(app), usage]));
    }),
  );
}

/** Waits until everything that was served to the apps so far is in Prometheus, and a trace of each query in Jaeger. */
async function allArrived(runs: number): Promise<void> {
  const look = async (app: App) => {
    const [usage, { traces }, spans, own] = await Promise.all([
      measuredUsage(port, nameOf(app)),
      countTraces(port, nameOf(app)),
      countCalls(port, nameOf(app)),
      ownCalls(app),
    ]);
    const tokens = app === REFUSED || arrived(measurable(app), usage);
    const note = `${traces} traces, ${spans} spans counted, ${own} calls by its own metric, the tokens ${tokens ? '' : 'not '}whole`;
    return tokens && traces >= RUN.traces * runs && spans > 0 && own >= answeredChats(app) ? { value: true } : { note };
  };
  await Promise.all(ALL.map((app) => until(`run ${runs} of ${nameOf(app)} arriving`, 150, () => look(app), { everyMs: 3_000 })));
}

/** Stable names that Prometheus has for an app, and the labels of each that its queries group by and no series has. */
async function stableNames(app: App): Promise<{ readonly names: readonly string[]; readonly missing: readonly string[] }> {
  const all = STABLE_METRICS.map(({ name }) => name).join('|');
  const samples = await port.prometheus.query(`{__name__=~"${all}",service_name="${nameOf(app)}"}`);
  const found = STABLE_METRICS.filter(({ name }) => samples.some(({ labels }) => labels['__name__'] === name));
  const missing = found.flatMap(({ name, labels: wanted }) => {
    const series = samples.filter(({ labels }) => labels['__name__'] === name);
    return wanted.filter((label) => !series.some(({ labels }) => labels[label] !== undefined)).map((label) => `${name} lacks ${label}`);
  });
  return { names: found.map(({ name }) => name), missing };
}

/** The same once these names are there: names are recorded one after the other, every 15 s. */
function stableNamesOnce(app: App, wanted: readonly string[]): ReturnType<typeof stableNames> {
  return eventually(
    `the names of ${nameOf(app)}`,
    async () => {
      const found = await stableNames(app);
      const absent = wanted.filter((name) => !found.names.includes(name));
      if (absent.length > 0) throw new Error(`without ${absent.join(', ')}`);
      return found;
    },
    90,
  );
}

/**
 * Traces and spans of an app in Jaeger, and the producers of the spans in `calls_total`, once that counts as many: it is flushed and scraped
 * every 15 s, and the last spans of a run leave an app up to 5 s after the others.
 */
async function countedSpans(app: App): Promise<{ readonly traces: number; readonly spans: number; readonly producers: readonly string[] }> {
  return eventually(
    `calls_total of ${nameOf(app)} being its number of spans`,
    async () => {
      const samples = await port.prometheus.query(`sum by (${PRODUCER_LABEL}) (${CALLS_TOTAL}{service_name="${nameOf(app)}"})`);
      const counted = samples.reduce((sum, { value }) => sum + value, 0);
      const { traces, spans } = await countTraces(port, nameOf(app));
      if (counted !== spans) throw new Error(`${spans} spans, ${counted} counted`);
      return { traces, spans, producers: samples.map(({ labels }) => labels[PRODUCER_LABEL] ?? '').sort() };
    },
    90,
  );
}

/** In the page's order. */
const namesThat = (choose: (metric: StableMetric) => boolean) => STABLE_METRICS.filter(choose).map(({ name }) => name);
const ofTheApp = ({ modes }: StableMetric) => modes.length === 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-e2e-'));
  const dist = synth(folder, true);
  dist.catch(() => undefined);
  await downCluster(NAME);
  const images = LOCAL_IMAGE_NAMES.filter((name) => name !== 'ragPython');
  const cluster = await upCluster(NAME, { images, moreImages: openLitImages() });
  relay = await openApiRelay(cluster, folder);
  const source = { kubeconfig: relay.kubeconfig };
  api = await createKubeApi(source);
  // Each app names its own image.
  const names = { ragPython: '', fakeOpenai: LOCAL_IMAGES.fakeOpenai };
  ctx = new JourneyContext({ api, source, kubectl: await binary('kubectl'), dist: await dist, namespace: NAMESPACE, images: names });
}, UP_LIMIT_MS);

afterAll(async () => {
  await port?.close();
  await api?.close();
  await relay?.close();
  await downCluster(NAME);
  rmSync(folder, { recursive: true, force: true });
});

describe('apps with OpenLIT of three ranges, on a real node', () => {
  it(
    'are all injected as their annotations say, and run',
    async () => {
      await install(ctx);
      const objects = [restrictedNamespace(NAMESPACE), ...exampleObjects('fake-openai', NAMESPACE, LOCAL_IMAGES.fakeOpenai)];
      await ctx.kubectlOk(['apply', '-f', '-'], yamlStream([...objects, ...ALL.flatMap((app) => objectsOf(app, NAMESPACE))]));
      await stackReady(ctx);
      const status = async (app: App) => (await getDeployment(api, NAMESPACE, nameOf(app))).metadata.annotations?.[ANNOTATION.status];
      const injected = async (app: App) =>
        eventually(`${nameOf(app)} being injected`, async () => (await status(app))?.startsWith('Injected'), 90);
      await Promise.all(ALL.map(injected));
      expect(await Promise.all(ALL.map(status))).toEqual(ALL.map(({ backend }) => `Injected ${backend}`));
      await ctx.kubectlOk(['scale', 'deployment', '-n', NAMESPACE, '--replicas=1', ...ALL.map(nameOf)]);
      ({ pod: fakeOpenai } = await rolledOut(api, NAMESPACE, 'fake-openai', 120));
      const pods = new Map<App, string>();
      for (const app of ALL) pods.set(app, (await rolledOut(api, NAMESPACE, nameOf(app), 240)).pod);
      port = await openPort(ctx);
      for (let run = 1; run <= RUNS; run++) {
        await runAll(pods);
        await allArrived(run);
      }
    },
    2 * STEP_LIMIT_MS,
  );

  it('were told of as many calls and tokens as the API has served', async () => {
    const served = await servedStats(ctx.options.source, NAMESPACE, fakeOpenai);
    const told = sumUsage(ALL.map(usageOf));
    expect(served).toMatchObject({ ...told, errors: 0 });
    expect(told.requests).toBeGreaterThan(0);
  });

  it(
    'are found whole by duotel verify, but for the one whose OpenLIT the bootstrap refuses, and it says so',
    async () => {
      const checks = await verifyCluster(ctx.options.source, { namespace: NAMESPACE });
      expect(checks.filter(({ step }) => step === 'workload')).toHaveLength(ALL.length);
      const refused = failed(checks).filter(({ what }) => what.startsWith(`Deployment/${NAMESPACE}/${nameOf(REFUSED)}: `));
      expect(failed(checks).filter((check) => !refused.includes(check))).toEqual([]);
      expect(refused.map(({ hint }) => hint)).toContain(
        'OpenLIT 1.36.3 is older than 1.40, which would send each span twice: OpenLIT not started',
      );
    },
    STEP_LIMIT_MS,
  );
});

describe.each(titled(APPS))('%s', (_title, app) => {
  it('has every stable name that its mode can have, and no other', async () => {
    const wanted = namesThat((metric) => ofTheApp(metric) || metric.modes.includes(app.backend));
    const { names, missing } = await stableNamesOnce(app, wanted);
    expect(names).toEqual(wanted);
    expect(missing).toEqual([]);
  });

  it('answers the dashboard queries of docs/dual-mode.md that its mode can answer, and no other', async () => {
    const openlit = app.backend !== 'openinference';
    const wanted = { tokensPerSecond: true, costPerHour: openlit, requestsByModel: true, vectorDbOperations: openlit };
    const answered = async () =>
      Promise.all(
        Object.entries(PANEL_QUERIES).map(async ([panel, expr]) => {
          // The query, of this app alone.
          const samples = await port.prometheus.query(expr.replaceAll(/(\w+)\[/g, `$1{service_name="${nameOf(app)}"}[`));
          return [panel, samples.length > 0 && samples.every(({ value }) => value > 0)] as const;
        }),
      );
    const found = await eventually(
      'the answers',
      async () => {
        const panels = Object.fromEntries(await answered());
        const absent = Object.entries(wanted).filter(([panel, has]) => has && panels[panel] !== true);
        if (absent.length > 0) throw new Error(`without ${absent.map(([panel]) => panel).join(', ')}`);
        return panels;
      },
      90,
    );
    expect(found).toEqual(wanted);
  });

  it('is exact to the token, the call and the cent', async () => {
    const checks = exactnessChecks(measurable(app), await measuredUsage(port, nameOf(app)), shippedPrices());
    // OpenLIT's rows of LlamaIndex' steps, in the modes that have them, say so; the rules leave them out.
    const left = [
      ...(app.backend === 'openinference' ? ['cost = served x price (USD)'] : []),
      ...(app.producers.includes('openlit') ? ['no model "unknown"'] : []),
    ];
    const looked = checks.filter(({ what }) => !left.includes(what));
    expect(failed(looked).map(({ what, found }) => `${what}: ${found}`)).toEqual([]);
    expect(looked).toHaveLength(5 - left.length);
    expect(await ownCalls(app)).toBe(answeredChats(app));
  });

  it('has each span counted once, by its producer, and a trace for each query', async () => {
    const { traces, spans, producers } = await countedSpans(app);
    expect(producers).toEqual(app.producers);
    expect(traces).toBe(RUN.traces * RUNS);
    if (app.startedBy === 'bootstrap' && app.backend !== 'openlit') expect(spans).toBe(RUN.spans * RUNS);
  });
});

describe.each(titled([REFUSED]))('%s, which refuses it', (_title, app) => {
  it('has the traces of OpenInference in full, each span counted once, and nothing of OpenLIT', async () => {
    expect(await countedSpans(app)).toEqual({ traces: RUN.traces * RUNS, spans: RUN.spans * RUNS, producers: ['openinference'] });
  });

  it("has the app's own metrics and those of spans, and no other stable name", async () => {
    const wanted = namesThat((metric) => ofTheApp(metric) || metric.source.kind === 'direct');
    const { names } = await stableNamesOnce(app, wanted);
    expect(names).toEqual(wanted);
    expect(await ownCalls(app)).toBe(answeredChats(app));
  });
});
