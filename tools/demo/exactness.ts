import { type Check, formatNumber } from '../../src/verify/check.ts';
import type { Sample } from '../../src/verify/prometheus.ts';
import type { TokenUsage, UsageByModel } from './app.ts';
import type { PriceList } from './price-list.ts';

/** What one `POST /run` of examples/rag-python is in mode `both`, as the bootstrap's tests count it: one trace a query. */
export const RUN = { spans: 51, traces: 6 } as const;

/** Sums by `gen_ai_request_model` of the four metrics that money and tokens are read from. */
export interface MeasuredUsage {
  readonly input: readonly Sample[];
  readonly output: readonly Sample[];
  readonly requests: readonly Sample[];
  readonly cost: readonly Sample[];
  /** Series of any OpenLIT metric whose model is `unknown`. */
  readonly unknown: readonly Sample[];
}

export const USAGE_QUERIES: Readonly<Record<keyof MeasuredUsage, (service: string) => string>> = {
  input: (service) => `sum by (gen_ai_request_model) (gen_ai_usage_input_tokens_total{service_name="${service}"})`,
  output: (service) => `sum by (gen_ai_request_model) (gen_ai_usage_output_tokens_total{service_name="${service}"})`,
  requests: (service) => `sum by (gen_ai_request_model) (gen_ai_total_requests{service_name="${service}"})`,
  cost: (service) => `sum by (gen_ai_request_model) (gen_ai_total_cost{service_name="${service}"})`,
  unknown: (service) => `count by (__name__) ({gen_ai_request_model="unknown",service_name="${service}"})`,
};

/** USD that the served tokens cost. Throws Error for a model without a price: the comparison would say nothing. */
export function expectedCost(model: string, usage: Pick<TokenUsage, 'prompt_tokens' | 'completion_tokens'>, prices: PriceList): number {
  const chat = prices.chat[model];
  if (chat !== undefined) return (usage.prompt_tokens * chat.promptPrice + usage.completion_tokens * chat.completionPrice) / 1000;
  const embedding = prices.embeddings[model];
  if (embedding === undefined) throw new Error(`the price list has no model ${model}`);
  return (usage.prompt_tokens * embedding) / 1000;
}

/** Whether what Prometheus measured is what the API served: tokens and calls exactly, dollars to the ninth digit of floating point. */
export function exactnessChecks(served: UsageByModel, measured: MeasuredUsage, prices: PriceList): readonly Check[] {
  const models = Object.entries(served.by_model);
  const compare = (
    what: string,
    samples: readonly Sample[],
    wanted: readonly (readonly [string, number])[],
    equal: (a: number, b: number) => boolean,
  ): Check => {
    const got = Object.fromEntries(samples.map(({ labels, value }) => [labels['gen_ai_request_model'] ?? '', value]));
    // A model without output tokens (embeddings) may have no series for them.
    const same =
      wanted.every(([model, value]) => equal(got[model] ?? 0, value)) &&
      Object.keys(got).every((model) => wanted.some(([name]) => name === model));
    const show = (pairs: readonly (readonly [string, number])[]) =>
      pairs.map(([model, value]) => `${model} ${formatNumber(value)}`).join(', ') || 'nothing';
    const found = same ? show(wanted) : `${show(Object.entries(got))}; served: ${show(wanted)}`;
    return { step: 'exactness', what, state: same ? 'ok' : 'failed', found, values: got };
  };
  const exact = (a: number, b: number) => a === b;
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  return [
    compare(
      'input tokens = served',
      measured.input,
      models.map(([model, row]) => [model, row.prompt_tokens] as const),
      exact,
    ),
    compare(
      'output tokens = served',
      measured.output,
      models.map(([model, row]) => [model, row.completion_tokens] as const),
      exact,
    ),
    compare(
      'calls = served',
      measured.requests,
      models.map(([model, row]) => [model, row.requests] as const),
      exact,
    ),
    compare(
      'cost = served x price (USD)',
      measured.cost,
      models.map(([model, row]) => [model, expectedCost(model, row, prices)] as const),
      near,
    ),
    {
      step: 'exactness',
      what: 'no model "unknown"',
      state: measured.unknown.length === 0 ? 'ok' : 'failed',
      found:
        measured.unknown.length === 0 ? 'none' : measured.unknown.map(({ labels, value }) => `${labels['__name__']} ${value}`).join(', '),
    },
  ];
}

/** Whether everything that was served has arrived: what polling waits for. */
export function arrived(served: UsageByModel, measured: MeasuredUsage): boolean {
  const sum = (samples: readonly Sample[]) => samples.reduce((total, sample) => total + sample.value, 0);
  return (
    sum(measured.input) >= served.prompt_tokens &&
    sum(measured.output) >= served.completion_tokens &&
    sum(measured.requests) >= served.requests
  );
}

/** Spans and traces of `runs` runs of the fixed workload: as many as there must be, and the same number in `calls_total`. */
export function traceCountCheck(runs: number, counted: { readonly traces: number; readonly spans: number }, calls: number): Check {
  const wanted = { traces: RUN.traces * runs, spans: RUN.spans * runs };
  const same = counted.traces === wanted.traces && counted.spans === wanted.spans && calls === wanted.spans;
  const measured = `${counted.spans} spans in ${counted.traces} traces, calls_total ${formatNumber(calls)}`;
  return {
    step: 'exactness',
    what: `traces of ${runs === 1 ? 'one run' : `${runs} runs`}`,
    state: same ? 'ok' : 'failed',
    found: same ? measured : `${measured}; expected ${wanted.spans} in ${wanted.traces}`,
    values: { ...counted, calls },
  };
}
