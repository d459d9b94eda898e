import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dashboardQueries } from '../../../charts/dashboards/index.ts';
import { caughtUp } from '../../support/processes/caught-up.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition, select, total } from '../../support/telemetry/exposition.ts';
import { type Attributes, type MetricSpec, metricsRequest, tracesRequest } from '../../support/telemetry/otlp.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { ragMetrics } from '../../support/telemetry/workloads.ts';
import { eventually } from '../../support/time/eventually.ts';

const BUILD_LIMIT_MS = 45 * 60_000;
const SERVICES = 50;
const MODELS = 12;
const VECTOR_DBS = ['chroma', 'qdrant', 'milvus', 'weaviate'];
const OPERATIONS = ['QUERY', 'ADD', 'UPSERT', 'DELETE', 'GET', 'UPDATE'];
/** A panel with more lines answers nothing. */
const MOST_SERIES = 60;

let stack: StackProcesses;

/** 50 services with 12 models each, four vector databases and some failures. */
async function sendAll(step: number): Promise<void> {
  for (let service = 0; service < SERVICES; service += 1) {
    const name = `service-${service}`;
    const resource = {
      'service.name': name,
      'service.instance.id': `${name}-0`,
      'k8s.namespace.name': `team-${service % 10}`,
      'deployment.environment.name': 'production',
      'duotel.backend': 'both',
    };
    await stack.send('metrics', metricsRequest(resource, 'openlit.otel.metrics', openLit(name, step)));
    await stack.send('metrics', metricsRequest(resource, 'rag', ragMetrics(step)));
    const spans = OPERATIONS.map((operation, index) => ({
      name: `step ${operation}`,
      traceId: (service * 100 + step).toString(16).padStart(32, '0'),
      spanId: (service * 1000 + step * 10 + index + 1).toString(16).padStart(16, '0'),
      error: index === 0,
      attributes: { 'openinference.span.kind': 'CHAIN', 'gen_ai.operation.name': 'chat' },
    }));
    await stack.send('traces', tracesRequest(resource, 'openinference.instrumentation.llama_index', spans));
  }
}

function openLit(service: string, step: number): readonly MetricSpec[] {
  const calls = Array.from(
    { length: MODELS },
    (_, model): Attributes => ({
      'service.name': service,
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': `model-${model}`,
      'gen_ai.operation.name': 'chat',
    }),
  );
  const histogram = (name: string, unit: string, attributes: readonly Attributes[]): MetricSpec => ({
    name,
    kind: 'histogram',
    unit,
    points: attributes.map((one) => ({ attributes: one, value: step, count: step })),
  });
  const databases = VECTOR_DBS.flatMap((system) =>
    OPERATIONS.map((operation): Attributes => ({ 'service.name': service, 'db.system.name': system, 'db.operation.name': operation })),
  );
  return [
    histogram('gen_ai.client.token.usage', '{token}', [
      ...calls.map((call) => ({ ...call, 'gen_ai.token.type': 'input' })),
      ...calls.map((call) => ({ ...call, 'gen_ai.token.type': 'output' })),
    ]),
    histogram('gen_ai.client.operation.duration', 's', [
      ...calls,
      ...calls.map((call) => ({ ...call, 'error.type': `Error${service.slice(8)}` })),
    ]),
    histogram('gen_ai.server.time_to_first_token', 's', calls),
    histogram('gen_ai.usage.cost', 'USD', calls),
    histogram('db.client.operation.duration', 's', databases),
    {
      name: 'db.total.requests',
      kind: 'counter',
      unit: '1',
      points: databases.map((attributes) => ({ attributes, value: step })),
    },
  ];
}

beforeAll(async () => {
  // A busy machine needs more than a second to scrape as many series.
  stack = await startStackProcesses({}, { scrapeInterval: '5s' });
  for (const step of [1, 2]) {
    await sendAll(step);
    await eventually(`the spans of round ${step} to be counted`, async () => {
      const samples = parseExposition(await (await fetch(stack.url.metrics)).text());
      return total(select(samples, 'calls_total')) === SERVICES * OPERATIONS.length * step;
    });
    await caughtUp(stack.url.prometheus);
    const requests = await promQuery(stack.url.prometheus, 'sum(gen_ai_client_operation_duration_seconds_count)');
    expect(Number(requests[0]?.value[1])).toBe(SERVICES * MODELS * 2 * step);
  }
}, BUILD_LIMIT_MS);

afterAll(async () => {
  await stack?.stop();
});

describe('with 50 services, 12 models and 4 vector databases', () => {
  const panels = Map.groupBy(dashboardQueries(), ({ dashboard, panel }) => `${dashboard}: ${panel}`);

  it.each([...panels])('the panel %s has fewer than 60 series', async (_, queries) => {
    const counts = await Promise.all(queries.map(async ({ expr }) => (await promQuery(stack.url.prometheus, expr)).length));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(MOST_SERIES);
  });

  it('the panels are full of what they bound: more services than any shows', async () => {
    expect((await promQuery(stack.url.prometheus, 'count(count by (service_name) (gen_ai_usage_cost_USD_sum))'))[0]?.value[1]).toBe('50');
  });
});
