import type { TokenUsage, UsageByModel } from '../../../tools/demo/app.ts';

const ZERO: TokenUsage = { requests: 0, prompt_tokens: 0, completion_tokens: 0 };

const add = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  requests: a.requests + b.requests,
  prompt_tokens: a.prompt_tokens + b.prompt_tokens,
  completion_tokens: a.completion_tokens + b.completion_tokens,
});

/** Usages together, by model and in all. The totals are made from the models'. */
export function sumUsage(usages: readonly UsageByModel[]): UsageByModel {
  const by_model: Record<string, TokenUsage> = {};
  for (const [model, row] of usages.flatMap((usage) => Object.entries(usage.by_model))) by_model[model] = add(by_model[model] ?? ZERO, row);
  return { ...Object.values(by_model).reduce(add, ZERO), by_model };
}
