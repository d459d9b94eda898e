import { caughtUp } from '../processes/caught-up.ts';
import type { StackProcesses } from '../processes/stack-processes.ts';
import { eventually } from '../time/eventually.ts';
import { parseExposition, select, total } from './exposition.ts';
import { type Attributes, logsRequest, metricsRequest, tracesRequest } from './otlp.ts';
import {
  LLAMA_INDEX,
  legacyOpenLitMetrics,
  OPENAI,
  OPENLIT_METRICS,
  openAiCall,
  openLitMetrics,
  ragMetrics,
  ragQuery,
  resource,
  traceId,
  type Usage,
} from './workloads.ts';

const usage = (step: number): Usage => ({ calls: 4 * step, input: 467 * step, output: 28 * step, cost: 0.25 * step, dbRequests: 3 * step });
/** Text that must reach no store and no log. */
export const SECRET = 'the text of an inserted document';

/** What one workload of each mode sends. Twice: rates need two samples, and a delta that follows another must be added to it. */
export async function sendRound(stack: Pick<StackProcesses, 'send'>, step: number): Promise<void> {
  const both = resource('both', 'both');
  await stack.send('traces', tracesRequest(both, LLAMA_INDEX, ragQuery(step, { input: 467, output: 28 })));
  await stack.send(
    'traces',
    tracesRequest(both, 'opentelemetry.instrumentation.fastapi', [
      { name: 'POST /query', traceId: traceId(step), spanId: `000000000000f00${step}` },
    ]),
  );
  await stack.send('metrics', metricsRequest(both, OPENLIT_METRICS, openLitMetrics('both', usage(step))));
  await stack.send('metrics', metricsRequest(both, 'rag', ragMetrics(step)));

  const only = resource('only-openinference', 'openinference');
  await stack.send('traces', tracesRequest(only, LLAMA_INDEX, ragQuery(10 + step, { input: 100, output: 10 })));
  await stack.send('traces', tracesRequest(only, LLAMA_INDEX, ragQuery(20 + step, { input: 0, output: 0 }, true)));
  await stack.send('traces', tracesRequest(only, OPENAI, openAiCall(30 + step, { input: 7, output: 3 })));
  await stack.send('traces', tracesRequest(only, OPENAI, openAiCall(60 + step)));

  await stack.send('traces', tracesRequest(resource('unmarked'), LLAMA_INDEX, ragQuery(40 + step, { input: 50, output: 5 })));

  const openlit = resource('only-openlit', 'openlit');
  await stack.send(
    'traces',
    tracesRequest(openlit, 'openlit.instrumentation.chroma', [
      {
        name: 'collection.add',
        traceId: traceId(50 + step),
        spanId: `000000000000e00${step}`,
        attributes: { 'db.query.summary': SECRET, 'db.system.name': 'chroma' },
      },
    ]),
  );
  await stack.send('metrics', metricsRequest(openlit, OPENLIT_METRICS, openLitMetrics('only-openlit', usage(step))));
  await stack.send('metrics', metricsRequest(resource('legacy', 'openlit'), OPENLIT_METRICS, legacyOpenLitMetrics('legacy', usage(step))));
  for (const [index, namespace] of ['team-a', 'team-b'].entries()) {
    const twin = { ...resource('twin'), 'k8s.namespace.name': namespace };
    const span = { name: 'work', traceId: traceId(70 + 10 * index + step), spanId: `000000000000d${index}0${step}` };
    await stack.send('traces', tracesRequest(twin, 'app', [span]));
  }
  // One that leaks, one that was asked to send content, one that hides it, and one that is not ours to judge.
  const content: readonly (readonly [service: string, attributes: Attributes, text: string])[] = [
    ['leaks', { 'duotel.backend': 'both' }, SECRET],
    ['was-asked', { 'duotel.backend': 'both', 'duotel.capture_content': 'true' }, SECRET],
    ['hides', { 'duotel.backend': 'both' }, '__REDACTED__'],
    ['is-not-ours', {}, SECRET],
  ];
  for (const [index, [service, marks, text]] of content.entries()) {
    const span = {
      name: 'chat',
      traceId: traceId(100 + 10 * index + step),
      spanId: `000000000000c${index}0${step}`,
      attributes: { 'input.value': text },
    };
    await stack.send('traces', tracesRequest({ ...resource(service), ...marks }, OPENAI, [span]));
  }
  await stack.send('logs', logsRequest(both, 'app', [SECRET]));
}

/** Spans of each service in one round. */
export const SPANS = {
  both: 7,
  'only-openinference': 14,
  unmarked: 6,
  'only-openlit': 1,
  twin: 2,
  leaks: 1,
  'was-asked': 1,
  hides: 1,
  'is-not-ours': 1,
} as const;

/** Waits until everything of the first rounds is exposed by the collector, and in Prometheus with what its rules make of it. */
export async function roundsArrived({ url }: Pick<StackProcesses, 'url'>, rounds: number): Promise<void> {
  await eventually(`all spans of ${rounds} rounds to be counted`, async () => {
    // Metrics are exposed as soon as they are accepted; what is counted from spans comes with the next flush.
    const samples = parseExposition(await (await fetch(url.metrics)).text());
    return Object.entries(SPANS).every(
      ([service, spans]) => total(select(samples, 'calls_total', { service_name: service })) === spans * rounds,
    );
  });
  await caughtUp(url.prometheus);
}
