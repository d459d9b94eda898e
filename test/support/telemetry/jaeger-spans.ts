export interface JaegerSpan {
  readonly spanID: string;
  readonly operationName: string;
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
}

/** Spans of a service that Jaeger has, of the last thousand traces; `ui` is the URL of its user interface. */
export async function jaegerSpans(ui: string, service: string): Promise<readonly JaegerSpan[]> {
  const response = await fetch(`${ui}/api/traces?service=${service}&limit=1000`);
  const { data } = (await response.json()) as { data: { spans: JaegerSpan[] }[] | null };
  return (data ?? []).flatMap(({ spans }) => spans);
}

/** Value of a span's attribute. */
export function tag(span: JaegerSpan | undefined, key: string): unknown {
  return span?.tags.find((candidate) => candidate.key === key)?.value;
}
