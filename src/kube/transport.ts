import { createHash } from 'node:crypto';
import { Agent, type Dispatcher } from 'undici';
import type { Credentials } from './credentials.ts';
import { type ApiErrorBody, KubeApiError } from './kube-api.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, from the server's root. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** What the request is about, for messages: `patch Deployment/demo/my-rag`. */
  readonly about: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole answer; for a stream, for its headers. */
  readonly timeoutMs?: number;
}

/** What was sent and how it ended; for metrics. */
export type RequestObserver = (event: { readonly method: string; readonly status: number; readonly seconds: number }) => void;

/**
 * HTTP to one API server over kept-alive connections: one agent as long as the certificates stay the same, so that a reconcile makes
 * no TLS handshake (client-node's own calls make one each: facts of kubernetes-client/javascript, `createDispatcher`).
 */
export class Transport {
  readonly #credentials: Credentials;
  readonly #observe: RequestObserver;
  #agent: { readonly key: string; readonly dispatcher: Agent } | undefined;

  constructor(credentials: Credentials, observe: RequestObserver = () => undefined) {
    this.#credentials = credentials;
    this.#observe = observe;
  }

  /** The body as text. Throws KubeApiError for any answer that is not 2xx, and with status 0 when there was none. */
  async send(request: HttpRequest): Promise<string> {
    const deadline = AbortSignal.timeout(request.timeoutMs ?? 30_000);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    const response = await this.#request(request, signal);
    try {
      return await response.body.text();
    } catch (error) {
      throw unreachable(request, error);
    }
  }

  /** The body as it comes, in text chunks, until it ends. */
  async *stream(request: HttpRequest & { readonly signal: AbortSignal }): AsyncGenerator<string> {
    const headers = new AbortController();
    const timer = setTimeout(() => headers.abort(new Error('no answer in time')), request.timeoutMs ?? 30_000);
    let response: Dispatcher.ResponseData;
    try {
      response = await this.#request(request, AbortSignal.any([request.signal, headers.signal]));
    } finally {
      clearTimeout(timer);
    }
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
    } catch (error) {
      if (!request.signal.aborted) throw unreachable(request, error);
    }
  }

  async close(): Promise<void> {
    await this.#agent?.dispatcher.destroy();
    this.#agent = undefined;
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const started = performance.now();
    let response: Dispatcher.ResponseData;
    try {
      const { tls, headers } = await this.#credentials.current();
      response = await this.#dispatcher(tls).request({
        origin: this.#credentials.server,
        path: request.path,
        method: request.method,
        headers: {
          ...headers,
          accept: request.accept ?? 'application/json',
          'user-agent': 'duotel',
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        body: request.body ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    } catch (error) {
      this.#observe({ method: request.method, status: 0, seconds: (performance.now() - started) / 1000 });
      throw unreachable(request, error);
    }
    this.#observe({ method: request.method, status: response.statusCode, seconds: (performance.now() - started) / 1000 });
    if (response.statusCode >= 200 && response.statusCode < 300) return response;
    throw await refused(request, response);
  }

  #dispatcher(tls: Awaited<ReturnType<Credentials['current']>>['tls']): Agent {
    const hash = createHash('sha256');
    for (const part of [tls.ca, tls.cert, tls.key]) hash.update(part ?? '').update('\0');
    const key = hash.digest('hex');
    if (this.#agent?.key !== key) {
      void this.#agent?.dispatcher.close();
      const dispatcher = new Agent({ connect: { ...tls, timeout: 10_000 }, keepAliveTimeout: 60_000, connections: 32, pipelining: 1 });
      this.#agent = { key, dispatcher };
    }
    return this.#agent.dispatcher;
  }
}

/** No answer, or one that is not the API server's. */
export function unreachable(request: Pick<HttpRequest, 'about'>, error: unknown): KubeApiError {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause ? ` (${String(cause.code)})` : '';
  const body: ApiErrorBody = { status: 0, reason: 'Unreachable', message: `${cause.message}${code}`, causes: [] };
  return new KubeApiError(`${request.about}: no usable answer from the API server: ${cause.message}${code}`, body, { cause });
}

async function refused(request: HttpRequest, response: Dispatcher.ResponseData): Promise<KubeApiError> {
  const text = await response.body.text().catch(() => '');
  let status: { reason?: string; message?: string; details?: { causes?: ApiErrorBody['causes'] } } = {};
  try {
    status = (JSON.parse(text) as typeof status | null) ?? {};
  } catch {
    // A proxy's page, not a Status object: its text is the best message there is.
  }
  const retryAfter = Number(response.headers['retry-after']);
  const body: ApiErrorBody = {
    status: response.statusCode,
    reason: status.reason ?? `Http${response.statusCode}`,
    message: status.message ?? text.slice(0, 500),
    causes: status.details?.causes ?? [],
    ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
  };
  return new KubeApiError(`${request.about}: ${body.reason}: ${body.message}`, body);
}
