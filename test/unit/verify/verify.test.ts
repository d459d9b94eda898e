import { describe, expect, it } from '@jest/globals';
import { SEED_METRICS, SEED_QUERIES } from '../../../src/metrics/seed.ts';
import type { Check } from '../../../src/verify/check.ts';
import { parseTrace, type Trace } from '../../../src/verify/jaeger.ts';
import type { Sample } from '../../../src/verify/prometheus.ts';
import { verify } from '../../../src/verify/verify.ts';
import { injected } from '../../support/injected.ts';

const TRACE: Trace = {
  id: 't',
  root: 'RetrieverQueryEngine.query',
  spans: [{ operation: 'RetrieverQueryEngine.query', scope: 'openinference.instrumentation.llama_index', tags: {} }],
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

const labelled = (expr: string): Readonly<Record<string, string>> =>
  expr.includes('telemetry_producer') ? { telemetry_producer: 'openinference' } : { gen_ai_request_model: 'm', db_system: 'chroma' };
const some = (expr: string): readonly Sample[] => [{ labels: labelled(expr), value: 3 }];
/** bootstrap none: the log lines are not what these tests are about. */
const WORKLOAD = injected({ bootstrap: 'none' });
const failed = (checks: readonly Check[]) => checks.filter(({ state }) => state === 'failed').map(({ what }) => what);

describe('verification', () => {
  it('finds nothing wrong where everything has arrived', async () => {
    expect(failed(await verify([WORKLOAD], port(some)))).toEqual([]);
  });

  it('asks for each name and each query of the source document, the queries word for word', async () => {
    const asked: string[] = [];
    const checks = await verify(
      [WORKLOAD],
      port((expr) => [asked.push(expr)].flatMap(() => some(expr))),
    );
    for (const { name } of SEED_METRICS) expect(checks.map(({ what }) => what)).toContain(name);
    for (const query of Object.values(SEED_QUERIES)) expect(asked).toContain(query);
  });

  it('asks for the workloads that are verified and for no other', async () => {
    const asked: string[] = [];
    await verify(
      [WORKLOAD, injected({ service: 'chat.v2' })],
      port((expr) => [asked.push(expr)].flatMap(() => some(expr))),
    );
    expect(asked[0]).toContain('service_name=~"my-rag|chat\\\\.v2"');
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

  it('takes a rate that is not a number for no data', async () => {
    const nan = port((expr) => (expr === SEED_QUERIES.tokensPerSecond ? [{ labels: {}, value: Number.NaN }] : some(expr)));
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
});
