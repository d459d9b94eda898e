import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { type Deadline, deadline } from '../deadline.ts';
import { KubeApiError } from '../kube-api.ts';
import { NotLeaderError, type WriteFence } from '../lease/fence.ts';
import type { ConnectionSecrets, Credentials } from './credentials.ts';
import { type Fenced, fenceInterceptor } from './fence-interceptor.ts';
import { refused, unreachable } from './refused.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, from the server's root. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** What the request is about, for messages: `patch Deployment/demo/my-rag`. */
  readonly about: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole answer; for a stream, for its headers. Default 30 s. */
  readonly timeoutMs?: number;
  /** The fence. It must be open when the request is written to the wire, and ends the request when it shuts. */
  readonly fence?: WriteFence | undefined;
}

/** What was sent and how it ended; for metrics. `status` is 0 when no answer came. */
export type RequestObserver = (event: {
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** `host:port` of the server. */
  readonly host: string;
}) => void;

/** Watches have connections of their own, so requests never wait for them. */
type Lane = 'requests' | 'streams';

interface Agents {
  /** Of the certificates that they were made with. */
  readonly key: string;
  readonly requests: Agent;
  /** `requests`, past the fence. */
  readonly fenced: Dispatcher;
  readonly streams: Agent;
}

/** The API server closes a connection that is idle for 90 s. We close it before, and so never write into one that is closing. */
const IDLE_MS = 80_000;
const TIMEOUT_MS = 30_000;
/** Asking again and again does not make a bad token good. */
const REFRESH_MS = 5000;

/**
 * HTTP to one API server over kept-alive connections: one agent as long as the certificates stay the same, so that a reconcile makes
 * no TLS handshake (client-node's own calls make one each: `createDispatcher`). HTTP/1.1: docs/adr/0017 has the figures.
 */
export class Transport {
  readonly #credentials: Credentials;
  readonly #observe: RequestObserver;
  readonly #host: string;
  #agents: Agents | undefined;
  #tls: ConnectionSecrets['tls'] | undefined;
  #refreshed = Number.NEGATIVE_INFINITY;

  constructor(credentials: Credentials, observe: RequestObserver = () => undefined) {
    this.#credentials = credentials;
    this.#observe = observe;
    this.#host = new URL(credentials.server).host;
  }

  /**
   * The body as text.
   * @throws KubeApiError for any answer that is not 2xx, and with status 0 when there was none; NotLeaderError when the fence is shut.
   */
  async send(request: HttpRequest): Promise<string> {
    const limit = deadline(request.timeoutMs ?? TIMEOUT_MS, [request.signal, request.fence?.signal]);
    try {
      const response = await this.#request(request, limit, 'requests');
      try {
        return await response.body.text();
      } catch (error) {
        throw this.#lost(request, error);
      }
    } finally {
      limit.done();
    }
  }

  /** The body as it comes, in text chunks, until it ends. `onOpen` is called when the headers are in. */
  async *stream(request: HttpRequest & { readonly signal: AbortSignal; readonly onOpen?: () => void }): AsyncGenerator<string> {
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(new Error('no answer in time')), request.timeoutMs ?? TIMEOUT_MS);
    const limit = deadline(undefined, [request.signal, own.signal]);
    try {
      const response = await this.#request(request, limit, 'streams').finally(() => clearTimeout(timer));
      request.onOpen?.();
      const decoder = new TextDecoder();
      try {
        for await (const chunk of response.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
      } catch (error) {
        if (!request.signal.aborted) throw unreachable(request, error);
      }
    } finally {
      limit.done();
    }
  }

  async close(): Promise<void> {
    const { requests, streams } = this.#agents ?? {};
    this.#agents = undefined;
    await Promise.all([requests?.destroy(), streams?.destroy()]);
  }

  /** Once more with fresh credentials, if the server does not know ours. */
  async #request(request: HttpRequest, limit: Deadline, lane: Lane): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#attempt(request, limit, lane);
    } catch (error) {
      if (!isCredentialTrouble(error) || !(await this.#refresh())) throw error;
      return await this.#attempt(request, limit, lane);
    }
  }

  async #refresh(): Promise<boolean> {
    if (this.#credentials.refresh === undefined || performance.now() - this.#refreshed < REFRESH_MS) return false;
    this.#refreshed = performance.now();
    await this.#credentials.refresh();
    return true;
  }

  async #attempt(request: HttpRequest, limit: Deadline, lane: Lane): Promise<Dispatcher.ResponseData> {
    const started = performance.now();
    const observe = (status: number): void =>
      this.#observe({ method: request.method, status, seconds: (performance.now() - started) / 1000, host: this.#host });
    let response: Dispatcher.ResponseData;
    try {
      const { tls, headers } = await this.#credentials.current();
      const options: Dispatcher.RequestOptions & Fenced = {
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
        signal: limit.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
        fence: request.fence,
      };
      response = await orAborted(this.#dispatcher(tls, lane).request(options), limit.signal);
    } catch (error) {
      observe(0);
      throw this.#lost(request, error);
    }
    observe(response.statusCode);
    if (response.statusCode >= 200 && response.statusCode < 300) return response;
    throw await refused(request, response);
  }

  #lost(request: HttpRequest, error: unknown): Error {
    if (error instanceof NotLeaderError) return new NotLeaderError(`${request.about}: ${error.message}`, { cause: error });
    return unreachable(request, error);
  }

  #dispatcher(tls: ConnectionSecrets['tls'], lane: Lane): Dispatcher {
    if (this.#agents === undefined || this.#tls !== tls) this.#agents = this.#agentsFor(tls);
    this.#tls = tls;
    return lane === 'streams' ? this.#agents.streams : this.#agents.fenced;
  }

  #agentsFor(tls: ConnectionSecrets['tls']): Agents {
    const hash = createHash('sha256');
    for (const part of [tls.ca, tls.cert, tls.key]) hash.update(part ?? '').update('\0');
    const key = hash.digest('hex');
    const before = this.#agents;
    if (before?.key === key) return before;
    // Requests under way end on their former connections.
    void before?.requests.close();
    void before?.streams.close();
    const { ca, cert, key: privateKey, ...rest } = tls;
    // Made once: else each connection would read the certificates again and keep its own copy.
    const secureContext = createSecureContext({ ca, cert, key: privateKey });
    const connect = { ...rest, secureContext, timeout: 10_000, keepAliveInitialDelay: 15_000 };
    const common = { connect, allowH2: false, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS, pipelining: 1 };
    const requests = new Agent({ ...common, connections: 64 });
    // A watch holds its connection for most of a minute. With a limit, as many watches would make everything else wait.
    return { key, requests, fenced: requests.compose(fenceInterceptor), streams: new Agent(common) };
  }
}

/** undici notices an abort only when it sends the request. A request that waits for a connection would go on waiting. */
async function orAborted<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  sent.catch(() => undefined);
  try {
    return await Promise.race([sent, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** 401, and certificates that one side does not accept: so looks a rotation that we have missed. */
function isCredentialTrouble(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  if (error.body.status === 401) return true;
  const code = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : '';
  return error.body.status === 0 && /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_SSL|ERR_TLS)/.test(code);
}
