import { getJson } from './get-json.ts';

export interface Span {
  readonly operation: string;
  /** Instrumentation scope, for example `openinference.instrumentation.llama_index`; empty where it is not known. */
  readonly scope: string;
  readonly tags: Readonly<Record<string, unknown>>;
  /** `service.name` of the process that made it; empty where it is not known. */
  readonly service: string;
  /** `k8s.namespace.name` of that process; empty where it does not say. */
  readonly namespace: string;
}

/** Tag of a process (a resource attribute) with the namespace of its pod. */
export const NAMESPACE_TAG = 'k8s.namespace.name';

export interface Trace {
  readonly id: string;
  /** Operation of the span without a parent in the trace. */
  readonly root: string;
  readonly spans: readonly Span[];
}

interface RawTag {
  readonly key: string;
  readonly value: unknown;
}

interface RawTrace {
  readonly traceID: string;
  readonly processes?: Readonly<Record<string, { readonly serviceName?: string; readonly tags?: readonly RawTag[] }>>;
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly references?: readonly { readonly spanID: string }[];
    readonly tags: readonly RawTag[];
    /** Key in `processes`. */
    readonly processID?: string;
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

  /** Traces of a service, newest first, at most `limit`, of the last day; with `tags`, those with a span or process that has them all. */
  async traces(service: string, limit: number, tags: Readonly<Record<string, string>> = {}): Promise<readonly Trace[]> {
    const now = Date.now() * 1000;
    const query = new URLSearchParams({ service, limit: String(limit), start: String(now - 86_400e6), end: String(now + 60e6) });
    if (Object.keys(tags).length > 0) query.set('tags', JSON.stringify(tags));
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
    const made = raw.processes?.[span.processID ?? ''];
    return {
      operation: span.operationName,
      scope: String(tags['otel.scope.name'] ?? tags['otel.library.name'] ?? ''),
      tags,
      service: made?.serviceName ?? '',
      namespace: String(made?.tags?.find(({ key }) => key === NAMESPACE_TAG)?.value ?? ''),
    };
  });
  return { id: raw.traceID, root: root?.operationName ?? '', spans };
}
