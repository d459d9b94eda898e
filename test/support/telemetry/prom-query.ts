/** One result of an instant query. */
export interface Vector {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The results of an instant query; throws with the query when Prometheus refuses it. */
export async function promQuery(prometheus: string, expr: string): Promise<readonly Vector[]> {
  const response = await fetch(`${prometheus}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) });
  const body = (await response.json()) as { status: string; error?: string; data: { result: Vector[] } };
  if (body.status !== 'success') throw new Error(`${expr}: ${body.error}`);
  return body.data.result;
}
