import { describe, expect, it } from '@jest/globals';
import { seriesName, seriesNames } from '../../../../api/metrics/series-name.ts';

describe('an instrument has the series name that the prometheus exporter gives it', () => {
  it.each([
    ['gen_ai.client.token.usage', 'histogram', '{token}', 'gen_ai_client_token_usage'],
    ['gen_ai.client.operation.duration', 'histogram', 's', 'gen_ai_client_operation_duration_seconds'],
    ['gen_ai.usage.cost', 'histogram', 'USD', 'gen_ai_usage_cost_USD'],
    ['db.total.requests', 'counter', '1', 'db_requests_total'],
    ['gen_ai.usage.input_tokens', 'counter', '{token}', 'gen_ai_usage_input_tokens_total'],
    ['rag.document.processed_total', 'counter', '', 'rag_document_processed_total'],
    ['rag.errors.total', 'counter', '', 'rag_errors_total'],
    ['rag.retrieval.latency_ms', 'histogram', '', 'rag_retrieval_latency_ms'],
    ['mcp.request.size', 'histogram', 'By', 'mcp_request_size_bytes'],
  ] as const)('%s (%s, %s)', (name, kind, unit, expected) => {
    expect(seriesName({ name, kind, unit })).toBe(expected);
  });

  it('has three series when it is a histogram', () => {
    expect(seriesNames({ name: 'a.b', kind: 'histogram', unit: 's' })).toEqual([
      'a_b_seconds_bucket',
      'a_b_seconds_sum',
      'a_b_seconds_count',
    ]);
  });
});
