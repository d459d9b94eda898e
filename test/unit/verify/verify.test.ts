import { describe, expect, it } from '@jest/globals';
import { PANEL_QUERIES } from '../../../api/metrics/panel-queries.ts';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import type { Check } from '../../../src/verify/check.ts';
import { parseTrace, type Trace } from '../../../src/verify/jaeger.ts';
import type { Sample } from '../../../src/verify/prometheus.ts';
import { verify } from '../../../src/verify/verify.ts';
import { injected } from '../../support/workloads/injected.ts';

const TRACE: Trace = {
  id: 't',
  root: 'RetrieverQueryEngine.query',
  spans: [
    {
      operation: 'RetrieverQueryEngine.query',
      scope: 'openinference.instrumentation.llama_index',
      tags: {},
      service: 'my-rag',
      namespace: 'demo',
    },
  ],
};

/** A cluster that answers every PromQL with `answer`, and has these traces. */
function port(answer: (expr: string) => readonly Sample[], traces: readonly Trace[] = [TRACE]) {
  return {
    logs: async () => [],
    prometheus: { query: async (expr: string) => answer(expr) },
    jaeger: {
      services: async () => (traces.length > 0 ? ['my-rag'] : []),
      operations: async () => traces.map(({ root }) => root),
      traces: async () => traces,
    },
  };
}

const labelled = (expr: string): Readonly<Record<string, string>> => ({
  k8s_namespace_name: 'demo',
  ...(expr.includes('telemetry_producer') ? { telemetry_producer: 'openinference' } : { gen_ai_request_model: 'm', db_system: 'chroma' }),
});
/** The same trace, made in another namespace; empty: by an app that does not name one. */
const madeIn = (namespace: string): Trace => ({ ...TRACE, spans: TRACE.spans.map((span) => ({ ...span, namespace })) });
const stableNames = new Set(STABLE_METRICS.map(({ name }) => name));
const some = (expr: string): readonly Sample[] => [{ labels: labelled(expr), value: 3 }];
/** bootstrap none: the log lines are not what these tests are about. */
const WORKLOAD = injected({ bootstrap: 'none' });
const failed = (checks: readonly Check[]) => checks.filter(({ state }) => state === 'failed').map(({ what }) => what);

describe('verification', () => {
  it('finds nothing wrong where everything has arrived', async () => {
    expect(failed(await verify([WORKLOAD], port(some)))).toEqual([]);
  });

  it('asks for each stable name and each promised query, the queries word for word', async () => {
    const asked: string[] = [];
    const checks = await verify(
      [WORKLOAD],
      port((expr) => [asked.push(expr)].flatMap(() => some(expr))),
    );
    for (const { name } of STABLE_METRICS) expect(checks.map(({ what }) => what)).toContain(name);
    for (const query of Object.values(PANEL_QUERIES)) expect(asked).toContain(query);
  });

  it('asks for the workloads that are verified and for no other', async () => {
    const asked: string[] = [];
    await verify(
      [WORKLOAD, injected({ service: 'chat.v2' })],
      port((expr) => [asked.push(expr)].flatMap(() => some(expr))),
    );
    const byWorkload = asked.filter((expr) => !Object.values<string>(PANEL_QUERIES).includes(expr));
    const of = (service: string) => byWorkload.filter((expr) => expr.includes(`{service_name="${service}",k8s_namespace_name=~"demo|"`));
    expect([of('my-rag').length, of('chat.v2').length]).toEqual([STABLE_METRICS.length + 1, STABLE_METRICS.length + 1]);
    expect(of('my-rag').length + of('chat.v2').length).toBe(byWorkload.length);
  });

  it('fails each metric that the mode promises and Prometheus has not', async () => {
    const names = failed(
      await verify(
        [WORKLOAD],
        port(() => []),
      ),
    );
    expect(names).toEqual(
      expect.arrayContaining(['gen_ai_total_cost', 'db_total_requests', 'calls_total', 'Cost per Hour', 'Tokens Generated/sec']),
    );
  });

  it('does not promise what only OpenLIT or the app itself can record', async () => {
    const names = failed(
      await verify(
        [{ ...WORKLOAD, backend: 'openinference' }],
        port(() => []),
      ),
    );
    for (const name of ['gen_ai_total_cost', 'db_total_requests', 'Cost per Hour', 'VectorDB Operations', 'llm_requests_total'])
      expect(names).not.toContain(name);
    expect(names).toContain('gen_ai_usage_input_tokens_total');
  });

  it('takes a cost of zero for a price list that was not read', async () => {
    const zero = port((expr) => (expr.includes('gen_ai_total_cost') ? [{ labels: labelled(expr), value: 0 }] : some(expr)));
    const cost = (await verify([WORKLOAD], zero)).find(({ what }) => what === 'gen_ai_total_cost');
    expect(cost).toMatchObject({ state: 'failed', found: '0' });
    expect(cost?.hint).toContain('OPENLIT_PRICING_JSON');
  });

  it.each([
    'gen_ai_usage_input_tokens_total',
    'gen_ai_usage_output_tokens_total',
    'gen_ai_total_requests',
    'gen_ai_total_cost',
    'db_total_requests',
  ])('takes a total of zero of %s for nothing measured, where OpenLIT measures it', async (name) => {
    const zero = port((expr) => (expr.includes(`(${name}{`) ? [{ labels: labelled(expr), value: 0 }] : some(expr)));
    for (const backend of ['both', 'openlit'] as const) {
      const check = (await verify([{ ...WORKLOAD, backend }], zero)).find(({ what }) => what === name);
      expect(check).toMatchObject({ state: 'failed', found: '0' });
    }
    const check = (await verify([{ ...WORKLOAD, backend: 'openinference' }], zero)).find(({ what }) => what === name);
    expect(check?.state).toBe('ok');
  });

  it('fails the workload that sends nothing beside one that sends everything, and names it', async () => {
    const quiet = injected({ name: 'other', service: 'other', bootstrap: 'none' });
    const checks = await verify(
      [WORKLOAD, quiet],
      port((expr) => (expr.includes('"other"') ? [] : some(expr))),
    );
    const names = failed(checks);
    expect(names).toEqual(expect.arrayContaining(['Deployment/demo/other: gen_ai_total_cost', 'Deployment/demo/other: service other']));
    expect(names.filter((name) => !name.startsWith('Deployment/demo/other: '))).toEqual([]);
    expect(checks.map(({ what }) => what)).toContain('Deployment/demo/my-rag: gen_ai_total_cost');
  });

  it('names the workload of one stack where other stacks have more', async () => {
    const checks = await verify([WORKLOAD], port(some), { named: true });
    expect(checks.map(({ what }) => what)).toContain('Deployment/demo/my-rag: calls_total');
  });

  it('does not take the series of a namesake in another namespace for its own', async () => {
    const names = failed(await verify([{ ...WORKLOAD, namespace: 'staging' }], port(some)));
    const promised = STABLE_METRICS.filter(({ modes }) => modes.includes('both')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...promised, 'calls_total by telemetry_producer']));
  });

  it('takes series without a namespace only where none names it, and says so', async () => {
    const cost = async (...namespaces: readonly string[]) => {
      const samples = namespaces.map((namespace) => ({ labels: { gen_ai_request_model: 'm', k8s_namespace_name: namespace }, value: 3 }));
      const checks = await verify(
        [WORKLOAD],
        port((expr) => (expr.includes('(gen_ai_total_cost{') ? samples : some(expr))),
      );
      return checks.find(({ what }) => what === 'gen_ai_total_cost')?.found;
    };
    expect(await cost('')).toBe('m 3; the series have no k8s_namespace_name: of my-rag in any namespace');
    expect(await cost('', 'demo')).toBe('m 3');
  });

  it('says of the dashboard queries that they are of the whole stack', async () => {
    for (const answer of [some, () => []]) {
      const dashboards = (await verify([WORKLOAD], port(answer))).filter(({ step }) => step === 'dashboards');
      expect(dashboards.map(({ what }) => what)).toHaveLength(Object.keys(PANEL_QUERIES).length);
      expect(dashboards.filter(({ found }) => !found.endsWith('; of the whole stack'))).toEqual([]);
    }
  });

  it('shows one workload under the plain stable names', async () => {
    const names = (await verify([WORKLOAD], port(some))).filter(({ step }) => step === 'prometheus').map(({ what }) => what);
    expect(names.filter((name) => !stableNames.has(name))).toEqual(['calls_total by telemetry_producer']);
  });

  it('takes a rate that is not a number for no data', async () => {
    const nan = port((expr) => (expr === PANEL_QUERIES.tokensPerSecond ? [{ labels: {}, value: Number.NaN }] : some(expr)));
    expect(failed(await verify([WORKLOAD], nan))).toEqual(['Tokens Generated/sec']);
  });

  it('wants spans of the producer that the mode shows', async () => {
    expect(failed(await verify([{ ...WORKLOAD, backend: 'openlit' }], port(some)))).toEqual([
      'calls_total by telemetry_producer',
      'spans of openlit',
    ]);
  });

  it('fails when Jaeger does not know the service, and says which it knows', async () => {
    const checks = await verify([WORKLOAD], port(some, []));
    expect(checks.find(({ what }) => what === 'service my-rag')).toMatchObject({
      state: 'failed',
      found: 'not among the services: there are none',
    });
  });

  it('shows the trace names with their counts', async () => {
    const checks = await verify([WORKLOAD], port(some, [TRACE, TRACE, { ...TRACE, root: 'ChatCompletion' }]));
    expect(checks.find(({ what }) => what === 'trace names')).toMatchObject({
      found: 'ChatCompletion, RetrieverQueryEngine.query x2',
      values: { ChatCompletion: 1, 'RetrieverQueryEngine.query': 2 },
    });
  });

  it('does not take the traces of a namesake in another namespace for its own, and names that namespace', async () => {
    const checks = await verify([WORKLOAD], port(some, [madeIn('prod')]));
    expect(failed(checks)).toEqual(['operations', 'traces', 'spans of openinference']);
    expect(checks.find(({ what }) => what === 'traces')?.found).toBe('0 traces, 0 spans; not counted: service my-rag of namespace prod');
  });

  it('counts its own traces beside those of a namesake', async () => {
    const checks = await verify([WORKLOAD], port(some, [madeIn('prod'), TRACE]));
    expect(failed(checks)).toEqual([]);
    expect(checks.find(({ what }) => what === 'traces')?.values).toEqual({ traces: 1, spans: 1 });
  });

  it('takes spans without a namespace only where none names it, and says so', async () => {
    const found = async (...traces: readonly Trace[]) =>
      (await verify([WORKLOAD], port(some, traces))).find(({ what }) => what === 'traces')?.found;
    expect(await found(madeIn(''))).toBe('1 traces, 1 spans; the spans have no k8s.namespace.name: of my-rag in any namespace');
    expect(await found(madeIn(''), TRACE)).toBe('1 traces, 1 spans');
  });

  it('does not take the spans of another service in its trace for its own', async () => {
    const mixed = { ...TRACE, spans: TRACE.spans.map((span) => ({ ...span, service: 'caller' })) };
    expect(failed(await verify([WORKLOAD], port(some, [mixed])))).toContain('spans of openinference');
  });

  it('asks for its own traces by tag where a namesake fills the answer', async () => {
    const usual = port(some);
    const traces = async (_service: string, limit: number, tags?: Readonly<Record<string, string>>) =>
      tags?.['k8s.namespace.name'] === 'demo' ? [TRACE] : Array.from({ length: limit }, () => madeIn('prod'));
    const checks = await verify([WORKLOAD], { ...usual, jaeger: { ...usual.jaeger, traces } });
    expect(checks.find(({ what }) => what === 'traces')).toMatchObject({ state: 'ok', values: { traces: 1, spans: 1 } });
  });
});

describe("a trace of Jaeger's API", () => {
  const span = (spanID: string, operationName: string, parent?: string) => ({
    spanID,
    operationName,
    references: parent === undefined ? [] : [{ spanID: parent }],
    tags: [{ key: 'otel.scope.name', value: 'openlit.instrumentation.openai' }],
  });

  it('is named by the span that has no parent in it, wherever that stands', () => {
    expect(parseTrace({ traceID: 'x', spans: [span('2', 'child', '1'), span('1', 'root', 'lost')] }).root).toBe('root');
  });

  it('has the scope of each span', () => {
    expect(parseTrace({ traceID: 'x', spans: [span('1', 'root')] }).spans[0]?.scope).toBe('openlit.instrumentation.openai');
  });

  it('has the service and the namespace of each span, from its process', () => {
    const processes = { p1: { serviceName: 'my-rag', tags: [{ key: 'k8s.namespace.name', value: 'demo' }] }, p2: { serviceName: 'bare' } };
    const spans = [
      { ...span('1', 'root'), processID: 'p1' },
      { ...span('2', 'child', '1'), processID: 'p2' },
    ];
    expect(parseTrace({ traceID: 'x', spans, processes }).spans.map(({ service, namespace }) => [service, namespace])).toEqual([
      ['my-rag', 'demo'],
      ['bare', ''],
    ]);
  });
});
