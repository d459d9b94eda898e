import { getJson } from './get-json.ts';

export interface Span {
  readonly operation: string;
  /** Instrumentation scope, for example `openinference.instrumentation.llama_index`; empty where it is not known. */
  readonly scope: string;
  readonly tags: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly id: string;
  /** Operation of the span without a parent in the trace. */
  readonly root: string;
  readonly spans: readonly Span[];
}

interface RawTrace {
  readonly traceID: string;
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly references?: readonly { readonly spanID: string }[];
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
}

/** The HTTP API of one Jaeger query service. */
export class JaegerClient {
  readonly #url: string;

  /** `url` without a trailing slash, for example `http://127.0.0.1:16686`. */
  constructor(url: string) {
    this.#url = url;
  }

  async services(): Promise<readonly string[]> {
    return (await this.#data<string[] | null>('/api/services', 'Jaeger services')) ?? [];
  }

  async operations(service: string): Promise<readonly string[]> {
    const names = await this.#data<readonly (string | { name: string })[] | null>(
      `/api/services/${encodeURIComponent(service)}/operations`,
      `Jaeger operations of ${service}`,
    );
    return (names ?? []).map((name) => (typeof name === 'string' ? name : name.name));
  }

  /** Traces of a service, newest first, at most `limit`, of the last day. */
  async traces(service: string, limit: number): Promise<readonly Trace[]> {
    const now = Date.now() * 1000;
    const query = new URLSearchParams({ service, limit: String(limit), start: String(now - 86_400e6), end: String(now + 60e6) });
    const traces = await this.#data<readonly RawTrace[] | null>(`/api/traces?${query}`, `Jaeger traces of ${service}`);
    return (traces ?? []).map(parseTrace);
  }

  async #data<T>(path: string, about: string): Promise<T> {
    return ((await getJson(`${this.#url}${path}`, about)) as { data: T }).data;
  }
}

export function parseTrace(raw: RawTrace): Trace {
  const ids = new Set(raw.spans.map((span) => span.spanID));
  const root = raw.spans.find((span) => !(span.references ?? []).some((reference) => ids.has(reference.spanID)));
  const spans = raw.spans.map((span) => {
    const tags = Object.fromEntries(span.tags.map(({ key, value }) => [key, value]));
    return { operation: span.operationName, scope: String(tags['otel.scope.name'] ?? tags['otel.library.name'] ?? ''), tags };
  });
  return { id: raw.traceID, root: root?.operationName ?? '', spans };
}
