/** The four dashboard queries that docs/dual-mode.md promises, word for word. */
export const PANEL_QUERIES = {
  tokensPerSecond: 'sum(rate(gen_ai_usage_input_tokens_total[5m])) + sum(rate(gen_ai_usage_output_tokens_total[5m]))',
  costPerHour: 'sum(rate(gen_ai_total_cost[1h])) * 3600',
  requestsByModel: 'sum by (gen_ai_request_model) (rate(gen_ai_total_requests[5m]))',
  vectorDbOperations: 'sum by (db_system) (rate(db_total_requests[5m]))',
} as const;
