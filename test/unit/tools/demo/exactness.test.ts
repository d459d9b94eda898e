import { describe, expect, it } from '@jest/globals';
import type { ServedStats } from '../../../../tools/demo/app.ts';
import { arrived, exactnessChecks, expectedCost, type MeasuredUsage, traceCountCheck } from '../../../../tools/demo/exactness.ts';

const PRICES = { chat: { 'gpt-4o-mini': { promptPrice: 0.00015, completionPrice: 0.0006 } }, embeddings: { embed: 0.00002 } };
const row = (requests: number, prompt_tokens: number, completion_tokens: number) => ({
  requests,
  errors: 0,
  prompt_tokens,
  completion_tokens,
});
const SERVED: ServedStats = { ...row(8, 530, 28), by_model: { 'gpt-4o-mini': row(4, 467, 28), embed: row(4, 63, 0) } };

const samples = (values: Readonly<Record<string, number>>) =>
  Object.entries(values).map(([gen_ai_request_model, value]) => ({ labels: { gen_ai_request_model }, value }));
const EXACT: MeasuredUsage = {
  input: samples({ 'gpt-4o-mini': 467, embed: 63 }),
  output: samples({ 'gpt-4o-mini': 28 }),
  requests: samples({ 'gpt-4o-mini': 4, embed: 4 }),
  cost: samples({ 'gpt-4o-mini': 8.685e-5, embed: 1.26e-6 }),
  unknown: [],
};
const failed = (measured: Partial<MeasuredUsage>) =>
  exactnessChecks(SERVED, { ...EXACT, ...measured }, PRICES)
    .filter(({ state }) => state === 'failed')
    .map(({ what }) => what);

describe('exactness', () => {
  it('holds when Prometheus has what was served', () => {
    expect(failed({})).toEqual([]);
  });

  it('is lost by one token', () => {
    expect(failed({ input: samples({ 'gpt-4o-mini': 468, embed: 63 }) })).toEqual(['input tokens = served']);
  });

  it('is lost by a call counted twice', () => {
    expect(failed({ requests: samples({ 'gpt-4o-mini': 8, embed: 4 }) })).toEqual(['calls = served']);
  });

  it('is lost by a model that was never asked', () => {
    expect(failed({ cost: samples({ 'gpt-4o-mini': 8.685e-5, embed: 1.26e-6, other: 0 }) })).toEqual(['cost = served x price (USD)']);
  });

  it('is lost by a millionth of a dollar, and not by the order of floating-point additions', () => {
    expect(failed({ cost: samples({ 'gpt-4o-mini': 8.785e-5, embed: 1.26e-6 }) })).toHaveLength(1);
    expect(failed({ cost: samples({ 'gpt-4o-mini': 8.685e-5 * (1 + 1e-12), embed: 1.26e-6 }) })).toEqual([]);
  });

  it('is lost by any series of a model "unknown"', () => {
    const unknown = [{ labels: { __name__: 'gen_ai_client_operation_duration_seconds_count' }, value: 98 }];
    expect(failed({ unknown })).toEqual(['no model "unknown"']);
  });

  it('can not be judged without a price', () => {
    expect(() => expectedCost('dall-e', row(1, 1, 1), PRICES)).toThrow('the price list has no model dall-e');
  });

  it('of traces is the number of spans and traces of the runs', () => {
    expect(traceCountCheck(2, { spans: 102, traces: 12 }, 102).state).toBe('ok');
    expect(traceCountCheck(1, { spans: 180, traces: 6 }, 180)).toMatchObject({
      state: 'failed',
      found: '180 spans in 6 traces, calls_total 180; expected 51 in 6',
    });
    expect(traceCountCheck(1, { spans: 51, traces: 6 }, 102).state).toBe('failed');
  });
});

describe('arrival', () => {
  it('waits for the last token and the last call', () => {
    expect(arrived(SERVED, EXACT)).toBe(true);
    expect(arrived(SERVED, { ...EXACT, output: [] })).toBe(false);
    expect(arrived(SERVED, { ...EXACT, requests: samples({ 'gpt-4o-mini': 4 }) })).toBe(false);
  });
});
