import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTRUMENTS } from '../../../api/metrics/instruments.ts';
import { PANEL_QUERIES } from '../../../api/metrics/panel-queries.ts';
import { seriesNames } from '../../../api/metrics/series-name.ts';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import { dashboardQueries } from '../../../charts/dashboards/index.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition, type Sample, select, total } from '../../support/telemetry/exposition.ts';
import { type JaegerSpan, jaegerSpans, tag } from '../../support/telemetry/jaeger-spans.ts';
import { type OperatorMetrics, serveOperatorMetrics } from '../../support/telemetry/operator-metrics.ts';
import { metricsRequest, tracesRequest } from '../../support/telemetry/otlp.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { roundsArrived, SECRET, SPANS, sendRound } from '../../support/telemetry/traffic.ts';
import { EMBEDDING_MODEL, MODEL, resource, traceId } from '../../support/telemetry/workloads.ts';
import { eventually } from '../../support/time/eventually.ts';

/** The binaries may have to be built first. */
const BUILD_LIMIT_MS = 45 * 60_000;

let stack: StackProcesses;
let operator: OperatorMetrics;

async function scrape(): Promise<readonly Sample[]> {
  const response = await fetch(stack.url.metrics);
  return parseExposition(await response.text());
}

const query = (expr: string) => promQuery(stack.url.prometheus, expr);

/** Value of a query that has one result. */
async function number(expr: string): Promise<number | undefined> {
  const [only, ...more] = await query(expr);
  expect(more).toEqual([]);
  return only === undefined ? undefined : Number(only.value[1]);
}

beforeAll(async () => {
  operator = await serveOperatorMetrics();
  stack = await startStackProcesses({}, { targets: { operator: operator.target } });
  await sendRound(stack, 1);
  // Prometheus must have seen the first round, or the second is no increase.
  await roundsArrived(stack, 1);
  await sendRound(stack, 2);
  await roundsArrived(stack, 2);
}, BUILD_LIMIT_MS);

afterAll(async () => {
  await stack?.stop();
  await operator?.stop();
});

describe('the metrics that the collector exposes', () => {
  it('count one call once: spans with tokens of a workload that has OpenLIT too add nothing to its token metrics', async () => {
    const samples = await scrape();
    const tokens = (type: string) => select(samples, 'gen_ai_client_token_usage_sum', { service_name: 'both', gen_ai_token_type: type });
    expect(tokens('input').map(({ value }) => value)).toEqual([934]);
    expect(tokens('output').map(({ value }) => value)).toEqual([56]);
    expect(
      total(select(samples, 'gen_ai_client_operation_duration_seconds_count', { service_name: 'both', gen_ai_request_model: MODEL })),
    ).toBe(8);
  });

  it('have tokens from spans for a workload with OpenInference alone, each call once', async () => {
    const labels = { service_name: 'only-openinference', gen_ai_request_model: MODEL };
    const samples = await scrape();
    expect(total(select(samples, 'gen_ai_client_token_usage_sum', { ...labels, gen_ai_token_type: 'input' }))).toBe(2 * (100 + 7));
    expect(total(select(samples, 'gen_ai_client_token_usage_sum', { ...labels, gen_ai_token_type: 'output' }))).toBe(2 * (10 + 3));
    // Two rounds of: a query, a failed query, a direct call.
    const calls = 'gen_ai_client_operation_duration_seconds_count';
    expect(total(select(samples, calls, labels))).toBe(6);
    expect(total(select(samples, calls, { ...labels, error_type: '_OTHER' }))).toBe(2);
    // One embedding in each query, and a direct call that failed without a model.
    expect(total(select(samples, calls, { service_name: 'only-openinference', gen_ai_request_model: EMBEDDING_MODEL }))).toBe(4);
    expect(total(select(samples, calls, { service_name: 'only-openinference' }))).toBe(12);
    expect(await number('sum(gen_ai_total_requests{service_name="only-openinference"})')).toBe(12);
    expect(select(samples, 'gen_ai_client_token_usage_count', labels)[0]?.labels).toMatchObject({
      k8s_namespace_name: 'apps',
      job: 'only-openinference',
      instance: 'only-openinference-0',
    });
  });

  it('have no tokens from the spans of a workload that does not say which producers it has', async () => {
    expect(select(await scrape(), 'gen_ai_client_token_usage_sum', { service_name: 'unmarked' })).toEqual([]);
  });

  it('split calls_total by who made the span', async () => {
    const samples = await scrape();
    const producers = (service: string) =>
      Object.fromEntries(
        ['openinference', 'openlit', 'app'].map((producer) => [
          producer,
          total(select(samples, 'calls_total', { service_name: service, telemetry_producer: producer })),
        ]),
      );
    expect(producers('both')).toEqual({ openinference: 12, openlit: 0, app: 2 });
    expect(producers('only-openlit')).toEqual({ openinference: 0, openlit: 2, app: 0 });
    expect(
      select(samples, 'duration_milliseconds_bucket', {
        service_name: 'both',
        telemetry_producer: 'openinference',
        span_name: 'OpenAI.chat',
        gen_ai_operation_name: 'chat',
        le: '+Inf',
      }).map(({ value }) => value),
    ).toEqual([2]);
  });

  it('count the spans with content of a workload that was told to send none, by producer, and of no other', async () => {
    const leaks = select(await scrape(), 'duotel_spans_with_content_total', {});
    expect(
      leaks
        .filter(({ labels }) => labels['service_name'] !== 'catalogue')
        .map(({ labels, value }) => [labels['service_name'], labels['telemetry_producer'], value]),
    ).toEqual([['leaks', 'openinference', 2]]);
  });

  it('keep services of the same name in two namespaces apart', async () => {
    const calls = select(await scrape(), 'calls_total', { service_name: 'twin' });
    expect(calls.map(({ labels, value }) => [labels['k8s_namespace_name'], value]).sort()).toEqual([
      ['team-a', 2],
      ['team-b', 2],
    ]);
  });

  it("give the application's own metrics the service's name", async () => {
    const samples = await scrape();
    expect(
      select(samples, 'rag_graph_entities_extracted_total', { service_name: 'both', k8s_namespace_name: 'apps' }).map(({ value }) => value),
    ).toEqual([20]);
    expect(select(samples, 'llm_requests_total', { service_name: 'both' }).map(({ value }) => value)).toEqual([20]);
  });

  it('are named as the catalogue says, for every instrument in it', async () => {
    const points = (kind: string) => [{ attributes: {}, value: 1, ...(kind === 'histogram' && { count: 1 }) }];
    const metrics = INSTRUMENTS.map(({ name, kind, unit }) => ({ name, kind, unit, points: points(kind) }));
    await stack.send('metrics', metricsRequest(resource('catalogue'), 'catalogue', metrics));
    const samples = await scrape();
    const found = new Set(samples.filter(({ labels }) => labels['service_name'] === 'catalogue').map(({ name }) => name));
    expect([...found].sort()).toEqual(INSTRUMENTS.flatMap(seriesNames).sort());
  });
});

describe('Prometheus', () => {
  it('answers every stable name, with the labels that its queries group by', async () => {
    for (const { name, labels } of STABLE_METRICS) {
      const series = await query(name);
      expect({ name, series: series.length > 0 }).toEqual({ name, series: true });
      for (const label of labels)
        expect({ name, label, present: series.some(({ metric }) => metric[label] !== undefined) }).toEqual({ name, label, present: true });
    }
  });

  it('has the same figures under these names from OpenLIT before and after 1.37.1, and none twice', async () => {
    for (const service of ['both', 'only-openlit', 'legacy']) {
      const sum = (name: string) => number(`sum(${name}{service_name="${service}"})`);
      expect({
        service,
        input: await sum('gen_ai_usage_input_tokens_total'),
        output: await sum('gen_ai_usage_output_tokens_total'),
        requests: await sum('gen_ai_total_requests'),
        cost: await sum('gen_ai_total_cost'),
        db: await number(`sum(db_total_requests{service_name="${service}",db_system="chroma"})`),
      }).toEqual({ service, input: 934, output: 56, requests: 8, cost: 0.5, db: 6 });
    }
  });

  it('answers the four dashboard queries of docs/dual-mode.md with a positive rate', async () => {
    for (const expr of Object.values(PANEL_QUERIES)) {
      const value = await eventually(expr, async () =>
        (await query(expr)).map(({ value: [, text] }) => Number(text)).find((rate) => rate > 0),
      );
      expect(value).toBeGreaterThan(0);
    }
  });

  it('runs every query of every dashboard, and all but the one on calls without a price have an answer', async () => {
    const empty = async (): Promise<readonly string[]> => {
      const panels: string[] = [];
      for (const { dashboard, panel, expr } of dashboardQueries())
        if ((await query(expr)).length === 0) panels.push(`${dashboard}: ${panel}`);
      return [...new Set(panels)];
    };
    // A rate over what the operator's metrics were scraped for has no answer until the second scrape.
    const unanswered = await eventually('answers', async () => {
      const panels = await empty();
      if (panels.length > 1) throw new Error(panels.join(', '));
      return panels;
    });
    // The alert that fires is the one on content. Each call had a price.
    expect(unanswered).toEqual(['cost: Calls without a price']);
    // The service `catalogue` sends a point of every instrument, the count of leaks among them: its alert comes with the next evaluation.
    const firing = await eventually('the alert', async () => {
      const alerts = await query('ALERTS{alertstate="firing",service_name!="catalogue"}');
      return alerts.some(({ metric }) => metric['service_name'] === 'leaks') && alerts;
    });
    expect(firing.map(({ metric }) => [metric['alertname'], metric['service_name']])).toEqual([['DuotelContentLeak', 'leaks']]);
  });

  it('keeps the exemplar of a call, so that a dot in Grafana leads to its trace', async () => {
    const now = Date.now() / 1000;
    const parameters = new URLSearchParams({
      query: 'gen_ai_client_operation_duration_seconds_bucket',
      start: String(now - 600),
      end: String(now + 60),
    });
    const body = (await (await fetch(`${stack.url.prometheus}/api/v1/query_exemplars?${parameters}`)).json()) as {
      data: { exemplars: { labels: Record<string, string> }[] }[];
    };
    expect(body.data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id']))).toContain(traceId(1));
  });
});

describe('Jaeger', () => {
  /** All spans of a service, once there are as many. */
  const spansOf = (service: string, count: number): Promise<readonly JaegerSpan[]> =>
    eventually(`${count} spans of ${service}`, async () => {
      const spans = await jaegerSpans(stack.url.jaeger, service);
      if (spans.length < count) throw new Error(`${spans.length} spans`);
      return spans;
    });

  it("shows OpenInference's spans with OpenTelemetry's GenAI attributes beside their own", async () => {
    const spans = await spansOf('only-openinference', 2 * SPANS['only-openinference']);
    const call = spans.find((span) => span.operationName === 'ChatCompletion' && tag(span, 'llm.model_name') !== undefined);
    expect({
      operation: tag(call, 'gen_ai.operation.name'),
      model: tag(call, 'gen_ai.request.model'),
      provider: tag(call, 'gen_ai.provider.name'),
      input: tag(call, 'gen_ai.usage.input_tokens'),
      producer: tag(call, 'telemetry.producer'),
      own: tag(call, 'llm.model_name'),
    }).toEqual({ operation: 'chat', model: MODEL, provider: 'openai', input: 7, producer: 'openinference', own: MODEL });
    // A query engine is no agent.
    expect(
      tag(
        spans.find(({ operationName }) => operationName.endsWith('.query')),
        'gen_ai.operation.name',
      ),
    ).toBeUndefined();
  });

  it('gets long attributes cut, and what comes after them: its store would refuse them for ever', async () => {
    const long = 'x'.repeat(70_000);
    const span = (number: number, attributes: Record<string, string>) => ({
      name: `span ${number}`,
      traceId: traceId(800 + number),
      spanId: `00000000000000a${number}`,
      attributes,
    });
    // One consumer of the queue each, all of which would be held.
    for (const number of [1, 2, 3, 4, 5])
      await stack.send('traces', tracesRequest(resource('long'), 'app', [span(number, { 'input.value': long })]));
    await stack.send('traces', tracesRequest(resource('long'), 'app', [span(6, { small: 'yes' })]));
    const spans = await spansOf('long', 6);
    const lengths = spans.map((one) => String(tag(one, 'input.value') ?? '').length).sort((a, b) => a - b);
    expect(lengths).toEqual([0, 32768, 32768, 32768, 32768, 32768]);
  });

  it("never gets the document text that OpenLIT's chroma instrumentor puts into db.query.summary", async () => {
    const spans = await spansOf('only-openlit', 2 * SPANS['only-openlit']);
    expect(spans.map((span) => tag(span, 'db.system.name'))).toEqual(['chroma', 'chroma']);
    expect(JSON.stringify(spans)).not.toContain(SECRET);
  });

  it('shows call rates in its Monitor tab', async () => {
    const points = await eventually('a call rate', async () => {
      const parameters = new URLSearchParams({
        service: 'both',
        spanKind: 'internal',
        lookback: '600000',
        step: '1000',
        ratePer: '60000',
        endTs: String(Date.now()),
        groupByOperation: 'true',
      });
      const response = await fetch(`${stack.url.jaeger}/api/metrics/calls?${parameters}`);
      const body = (await response.json()) as { metrics?: { metricPoints: { gaugeValue?: { doubleValue: number } }[] }[] };
      const values = (body.metrics ?? [])
        .flatMap(({ metricPoints }) => metricPoints.map(({ gaugeValue }) => gaugeValue?.doubleValue ?? 0))
        .filter((rate) => rate > 0);
      return values.length > 0 && values;
    });
    expect(points.length).toBeGreaterThan(0);
  });
});

describe('log records', () => {
  it('are accepted, stored nowhere and printed nowhere', async () => {
    expect(stack.log('collector')).not.toContain(SECRET);
    const samples = parseExposition(await (await fetch(stack.url.selfMetrics)).text());
    expect(total(select(samples, 'otelcol_receiver_accepted_log_records'))).toBe(2);
    expect(total(select(samples, 'otelcol_processor_filter_logs_filtered'))).toBe(2);
  });
});
