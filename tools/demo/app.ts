import type { CredentialsSource } from '../../src/kube/credentials.ts';
import { type Forwarding, forwardPort } from '../../src/kube/port-forward.ts';

/** Tokens of one model, as the fake API served them. */
export interface ModelUsage {
  readonly requests: number;
  readonly errors: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** What the fake API served since it started. */
export interface ServedStats extends ModelUsage {
  readonly by_model: Readonly<Record<string, ModelUsage>>;
}

/** Runs the example's fixed workload in a pod once. Returns the number of answers. */
export async function runWorkload(source: CredentialsSource, namespace: string, pod: string): Promise<number> {
  const { answers } = (await call(source, namespace, pod, '/run', { method: 'POST', body: '' })) as { answers: readonly unknown[] };
  return answers.length;
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
