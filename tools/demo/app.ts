import type { CredentialsSource } from '../../src/kube/rest/credentials.ts';
import { type Forwarding, forwardPort } from '../../src/kube/rest/port-forward.ts';

/** Calls and tokens of one model. */
export interface TokenUsage {
  readonly requests: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** Calls and tokens in all, and by model. */
export interface UsageByModel extends TokenUsage {
  readonly by_model: Readonly<Record<string, TokenUsage>>;
}

/** What the fake API served since it started. */
export interface ServedStats extends UsageByModel {
  readonly errors: number;
}

/** Runs the example's fixed workload in a pod once. Returns what the API's answers said of their tokens. */
export async function runWorkload(source: CredentialsSource, namespace: string, pod: string): Promise<UsageByModel> {
  const { usage } = (await call(source, namespace, pod, '/run', { method: 'POST', body: '' })) as { usage: UsageByModel };
  return usage;
}

/** What the fake API's pod has served. */
export async function servedStats(source: CredentialsSource, namespace: string, pod: string): Promise<ServedStats> {
  return (await call(source, namespace, pod, '/stats', {})) as ServedStats;
}

async function call(source: CredentialsSource, namespace: string, pod: string, path: string, init: RequestInit): Promise<unknown> {
  let forwarding: Forwarding | undefined;
  try {
    forwarding = await forwardPort(source, { namespace, pod, port: 8080 });
    const response = await fetch(`${forwarding.url}${path}`, { ...init, signal: AbortSignal.timeout(90_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} of Pod/${namespace}/${pod}: HTTP ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  } finally {
    await forwarding?.close();
  }
}
