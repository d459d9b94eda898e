import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition, select, total } from '../../support/telemetry/exposition.ts';
import { metricsRequest, tracesRequest } from '../../support/telemetry/otlp.ts';
import { LLAMA_INDEX, OPENLIT_METRICS, openLitMetrics, ragQuery, resource } from '../../support/telemetry/workloads.ts';
import { eventually } from '../../support/time/eventually.ts';

const BUILD_LIMIT_MS = 45 * 60_000;
/** How often span metrics would be sent if there were any. */
const FLUSH_MS = 1000;
const SPANS = ragQuery(1, { input: 100, output: 10 });
let stack: StackProcesses;

beforeAll(async () => {
  stack = await startStackProcesses({ collector: { spanMetrics: { enabled: false, flushInterval: `${FLUSH_MS / 1000}s` } } });
  await stack.send('traces', tracesRequest(resource('only-openinference', 'openinference'), LLAMA_INDEX, SPANS));
  const usage = { calls: 4, input: 467, output: 28, cost: 0.25, dbRequests: 3 };
  await stack.send('metrics', metricsRequest(resource('openlit', 'openlit'), OPENLIT_METRICS, openLitMetrics('openlit', usage)));
}, BUILD_LIMIT_MS);

afterAll(async () => {
  await stack?.stop();
});

describe('a stack without span metrics', () => {
  it('has the token metrics of both kinds of workloads, and no metric made of spans beside them', async () => {
    const scrape = async () => parseExposition(await (await fetch(stack.url.metrics)).text());
    await eventually('the token metrics', async () => select(await scrape(), 'gen_ai_client_token_usage_sum').length >= 4);
    // With span metrics they would be there after a flush.
    await sleep(3 * FLUSH_MS);
    const samples = await scrape();
    const input = (service: string) =>
      total(select(samples, 'gen_ai_client_token_usage_sum', { service_name: service, gen_ai_token_type: 'input' }));
    expect([input('only-openinference'), input('openlit')]).toEqual([100, 467]);
    expect(samples.filter(({ name }) => name === 'calls_total' || name.startsWith('duration_milliseconds'))).toEqual([]);
  });

  it('still stores traces', async () => {
    const names = await eventually('the whole trace', async () => {
      const response = await fetch(`${stack.url.jaeger}/api/operations?service=only-openinference`);
      const { data } = (await response.json()) as { data: { name: string }[] | null };
      const found = (data ?? []).map(({ name }) => name);
      return found.length >= SPANS.length && found;
    });
    expect(names).toContain('OpenAI.chat');
  });
});
