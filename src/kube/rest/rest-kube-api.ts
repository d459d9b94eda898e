import { describe, type KubeObject } from '../../../api/kube-object.ts';
import { deadline } from '../deadline.ts';
import {
  isApiError,
  type KubeApi,
  type ListOptions,
  type ListResult,
  type ObjectRef,
  type PatchType,
  type Propagation,
  type Query,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
} from '../kube-api.ts';
import type { WriteFence } from '../lease/fence.ts';
import { requestContext } from '../request-context.ts';
import { DEFAULT_RETRY, type RetryPolicy, withRetry } from '../retry.ts';
import { RetryBudget } from '../retry-budget.ts';
import { systemClock } from '../system-clock.ts';
import { checkDeleted, objectIn, pageIn, parsed } from './answer.ts';
import { type CredentialsSource, loadCredentials } from './credentials.ts';
import { Discovery } from './discovery.ts';
import { lines } from './lines.ts';
import { collectionPath, objectPath, queryString } from './paths.ts';
import { unreachable } from './refused.ts';
import type { RequestLimiter } from './request-limiter.ts';
import { type HttpRequest, type RequestObserver, Transport } from './transport.ts';

/** Objects a page. Memory that a page took is not given back after it is read. */
const PAGE = 100;

export interface RestOptions {
  readonly onRetry?: (request: { readonly method: string }) => void;
  /** Every write must find it open. Default: none, writes are always sent. */
  readonly fence?: WriteFence;
  /** Default: none, requests are sent at once. */
  readonly limiter?: RequestLimiter;
  readonly retry?: RetryPolicy;
}

/** {@link KubeApi} over HTTPS, with retries of errors that may pass. */
export class RestKubeApi implements KubeApi {
  readonly #transport: Transport;
  readonly #options: RestOptions;
  readonly #closing = new AbortController();
  readonly #discovery: Discovery;
  readonly #budget = new RetryBudget({ clock: systemClock });

  constructor(transport: Transport, options: RestOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#discovery = new Discovery((path, about) => this.#json({ method: 'GET', path, about }));
  }

  /**
   * The same server over the same connections, for the lease alone: no fence, queue or retries hold it up. Its requests also keep a
   * connection warm. Close the original, not this.
   */
  forLease(): KubeApi {
    return new RestKubeApi(this.#transport, { retry: { ...DEFAULT_RETRY, attempts: 1 } });
  }

  resourceType(apiVersion: string, kind: string): Promise<ResourceType> {
    return this.#discovery.resourceType(apiVersion, kind);
  }

  async get(type: ResourceType, ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return await this.#object(type, { method: 'GET', path: objectPath(type, ref), about: `get ${name(type, ref)}` });
    } catch (error) {
      if (isApiError(error, 'NotFound') && error.body.unserved === undefined) return undefined;
      throw error;
    }
  }

  async list(type: ResourceType, options: ListOptions = {}): Promise<ListResult> {
    const items: KubeObject[] = [];
    let resourceVersion = '';
    for await (const page of this.pages(type, options)) {
      items.push(...page.items);
      resourceVersion = page.resourceVersion;
    }
    return { items, resourceVersion };
  }

  async *pages(type: ResourceType, options: ListOptions = {}): AsyncGenerator<ListResult> {
    let query: Query = { limit: PAGE, ...options.query };
    for (;;) {
      const about = `list ${type.plural}`;
      const answer = await this.#of(type, {
        method: 'GET',
        path: `${collectionPath(type, options.namespace)}${queryString(query)}`,
        about,
        ...(options.metadataOnly && { accept: partial('PartialObjectMetadataList') }),
      });
      const { items, resourceVersion, next } = pageIn(answer, about);
      // The API server leaves apiVersion and kind out of the items of a typed list.
      yield { items: items.map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })), resourceVersion };
      if (!next) return;
      // The token names the state; the server refuses to be told it twice.
      query = { ...query, resourceVersion: undefined, resourceVersionMatch: undefined, continue: next };
    }
  }

  create(type: ResourceType, object: KubeObject, query: Query = {}): Promise<KubeObject> {
    return this.#object(type, {
      method: 'POST',
      path: `${collectionPath(type, object.metadata.namespace)}${queryString(query)}`,
      body: JSON.stringify(object),
      contentType: 'application/json',
      about: `create ${describe(object)}`,
    });
  }

  patch(
    type: ResourceType,
    ref: ObjectRef,
    patchType: PatchType,
    body: unknown,
    query: Query & { readonly subresource?: string } = {},
  ): Promise<KubeObject> {
    const { subresource, ...rest } = query;
    return this.#object(type, {
      method: 'PATCH',
      path: `${objectPath(type, ref)}${subresource === undefined ? '' : `/${subresource}`}${queryString(rest)}`,
      body: JSON.stringify(body),
      contentType: patchType,
      about: `patch ${name(type, ref)}`,
    });
  }

  async delete(
    type: ResourceType,
    ref: ObjectRef,
    preconditions: { readonly uid?: string; readonly resourceVersion?: string } = {},
    propagationPolicy: Propagation = 'Background',
  ): Promise<boolean> {
    try {
      const about = `delete ${name(type, ref)}`;
      const answer = await this.#of(type, {
        method: 'DELETE',
        path: objectPath(type, ref),
        body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions }),
        contentType: 'application/json',
        about,
      });
      checkDeleted(answer, type, about);
      return true;
    } catch (error) {
      // If a kind is not served any more, its objects are gone too.
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  async *watch(type: ResourceType, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const query = { allowWatchBookmarks: true, ...options.query, watch: true };
    const about = `watch ${type.plural}`;
    const limit = deadline(undefined, [options.signal, this.#closing.signal]);
    let release = (): void => undefined;
    try {
      release = (await this.#options.limiter?.acquire(requestContext()?.priority ?? 'user', limit.signal)) ?? release;
      const request: HttpRequest = {
        method: 'GET',
        path: `${collectionPath(type, options.namespace)}${queryString(query)}`,
        about,
        ...(options.metadataOnly && { accept: partial('PartialObjectMetadata') }),
      };
      const onOpen = (): void => {
        release();
        options.onOpen?.();
      };
      for await (const line of lines(this.#transport.stream({ ...request, signal: limit.signal, onOpen }))) yield watchEvent(line, about);
    } catch (error) {
      if (!limit.signal.aborted) throw this.#noted(type, error);
    } finally {
      release();
      limit.done();
    }
  }

  getText(path: string, query: Query = {}): Promise<string> {
    return this.#send({ method: 'GET', path: `${path}${queryString(query)}`, about: `get ${path}`, accept: '*/*' });
  }

  /** Ends what is under way: requests fail, and are not tried again. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#transport.close();
  }

  /** A request for one object of a type. */
  async #object(type: ResourceType, request: HttpRequest): Promise<KubeObject> {
    return objectIn(await this.#of(type, request), type, request.about);
  }

  /** A request about objects of a type. */
  async #of(type: ResourceType, request: HttpRequest): Promise<unknown> {
    try {
      return await this.#json(request);
    } catch (error) {
      throw this.#noted(type, error);
    }
  }

  /** The CRD is gone, was made again, or serves another version: what discovery said of it no longer holds. */
  #noted(type: ResourceType, error: unknown): unknown {
    if (isApiError(error) && error.body.unserved) this.#discovery.forget(type.apiVersion);
    return error;
  }

  async #json(request: HttpRequest): Promise<unknown> {
    return parsed(await this.#send(request), request.about);
  }

  async #send(request: HttpRequest): Promise<string> {
    const { onRetry, fence, limiter, retry = DEFAULT_RETRY } = this.#options;
    const context = requestContext();
    const limit = deadline(undefined, [this.#closing.signal, context?.signal]);
    const fenced: HttpRequest = { ...request, signal: limit.signal, ...(request.method !== 'GET' && { fence }) };
    const attempt = async (): Promise<string> => {
      const release = await limiter?.acquire(context?.priority ?? 'user', limit.signal);
      try {
        return await this.#transport.send(fenced);
      } finally {
        release?.();
      }
    };
    const { method } = request;
    try {
      return await withRetry(attempt, {
        policy: retry,
        clock: systemClock,
        random: Math.random,
        signal: limit.signal,
        budget: this.#budget,
        onRetry: () => onRetry?.({ method }),
      });
    } finally {
      limit.done();
    }
  }
}

/** The API server that a kubeconfig, or the pod's service account, names. */
export async function createKubeApi(
  source: CredentialsSource = {},
  options: RestOptions & { readonly onRequest?: RequestObserver } = {},
): Promise<RestKubeApi> {
  return new RestKubeApi(new Transport(await loadCredentials(source), options.onRequest), options);
}

function name(type: ResourceType, ref: ObjectRef): string {
  return describe({ kind: type.kind, metadata: ref });
}

/** The `Accept` header for metadata only. A server that can not leave the rest out sends the whole object. */
function partial(kind: string): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}

/** @throws KubeApiError, as for a broken connection, when the line is no event. */
function watchEvent(line: string, about: string): WatchEvent {
  try {
    const event = JSON.parse(line) as WatchEvent | null;
    if (event?.type !== undefined && (event.type === 'ERROR' ? event.object : event.object?.metadata) !== undefined) return event;
  } catch {
    // Said below.
  }
  throw unreachable({ about }, new Error(`a line of ${line.length} characters is no watch event`));
}
