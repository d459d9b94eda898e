import { describe, type KubeObject } from '../api/kube-object.ts';
import { systemClock } from './clock.ts';
import { type CredentialsSource, loadCredentials } from './credentials.ts';
import {
  isApiError,
  type KubeApi,
  KubeApiError,
  type ListResult,
  type ObjectRef,
  type PatchType,
  type Propagation,
  type Query,
  type ResourceType,
  type WatchEvent,
} from './kube-api.ts';
import { DEFAULT_RETRY, withRetry } from './retry.ts';
import { type HttpRequest, type RequestObserver, Transport, unreachable } from './transport.ts';

const PAGE = 500;

/** {@link KubeApi} over HTTPS, with retries of what is worth one. */
export class RestKubeApi implements KubeApi {
  readonly #transport: Transport;
  readonly #onRetry: () => void;
  readonly #closing = new AbortController();
  readonly #types = new Map<string, Promise<ReadonlyMap<string, ResourceType>>>();

  constructor(transport: Transport, onRetry: () => void = () => undefined) {
    this.#transport = transport;
    this.#onRetry = onRetry;
  }

  async resourceType(apiVersion: string, kind: string): Promise<ResourceType> {
    for (const fresh of [false, true]) {
      const found = (await this.#discover(apiVersion, fresh)).get(kind);
      if (found !== undefined) return found;
    }
    const message = `the API server does not serve ${apiVersion} ${kind}`;
    throw new KubeApiError(message, { status: 404, reason: 'NotFound', message, causes: [] });
  }

  async get(type: ResourceType, ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return await this.#json<KubeObject>({ method: 'GET', path: objectPath(type, ref), about: `get ${name(type, ref)}` });
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async list(type: ResourceType, options: { readonly namespace?: string; readonly query?: Query } = {}): Promise<ListResult> {
    const items: KubeObject[] = [];
    let token: string | undefined;
    let resourceVersion = '';
    do {
      const path = `${collectionPath(type, options.namespace)}${queryString({ limit: PAGE, ...options.query, continue: token })}`;
      const page = await this.#json<{ metadata: { resourceVersion: string; continue?: string }; items: KubeObject[] | null }>({
        method: 'GET',
        path,
        about: `list ${type.plural}`,
      });
      // The API server leaves apiVersion and kind out of the items of a typed list.
      for (const item of page.items ?? []) items.push({ ...item, apiVersion: type.apiVersion, kind: type.kind });
      resourceVersion = page.metadata.resourceVersion;
      token = page.metadata.continue || undefined;
    } while (token !== undefined);
    return { items, resourceVersion };
  }

  create(type: ResourceType, object: KubeObject, query: Query = {}): Promise<KubeObject> {
    return this.#json({
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
    return this.#json({
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
      await this.#json({
        method: 'DELETE',
        path: objectPath(type, ref),
        body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions }),
        contentType: 'application/json',
        about: `delete ${name(type, ref)}`,
      });
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  async *watch(
    type: ResourceType,
    options: { readonly namespace?: string; readonly query?: Query; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent> {
    const query = { allowWatchBookmarks: true, ...options.query, watch: true };
    const path = `${collectionPath(type, options.namespace)}${queryString(query)}`;
    let rest = '';
    for await (const chunk of this.#transport.stream({ method: 'GET', path, about: `watch ${type.plural}`, signal: options.signal })) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent;
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

  #discover(apiVersion: string, fresh: boolean): Promise<ReadonlyMap<string, ResourceType>> {
    const known = this.#types.get(apiVersion);
    if (known !== undefined && !fresh) return known;
    const loading = this.#loadTypes(apiVersion);
    this.#types.set(apiVersion, loading);
    loading.catch(() => this.#types.delete(apiVersion));
    return loading;
  }

  async #loadTypes(apiVersion: string): Promise<ReadonlyMap<string, ResourceType>> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const list = await this.#json<{ resources: { name: string; kind: string; namespaced: boolean }[] }>({
        method: 'GET',
        path,
        about: `discover ${apiVersion}`,
      });
      const types = list.resources
        .filter((resource) => !resource.name.includes('/'))
        .map(({ name: plural, kind, namespaced }) => [kind, { apiVersion, kind, plural, namespaced }] as const);
      return new Map(types);
    } catch (error) {
      if (isApiError(error, 'NotFound') || (isApiError(error) && error.body.status === 404)) return new Map();
      throw error;
    }
  }

  async #json<T>(request: HttpRequest): Promise<T> {
    const text = await this.#send(request);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw unreachable(request, error);
    }
  }

  #send(request: HttpRequest): Promise<string> {
    return withRetry(() => this.#transport.send(request), {
      policy: DEFAULT_RETRY,
      clock: systemClock,
      random: Math.random,
      signal: this.#closing.signal,
      onRetry: this.#onRetry,
    });
  }
}

/** The API server that a kubeconfig, or the pod's service account, names. */
export async function createKubeApi(
  source: CredentialsSource = {},
  observers: { readonly onRequest?: RequestObserver; readonly onRetry?: () => void } = {},
): Promise<RestKubeApi> {
  return new RestKubeApi(new Transport(await loadCredentials(source), observers.onRequest), observers.onRetry);
}

function name(type: ResourceType, ref: ObjectRef): string {
  return describe({ kind: type.kind, metadata: ref });
}

/** Path of a kind's objects, of one namespace or of all. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${type.plural}`;
}

export function objectPath(type: ResourceType, ref: ObjectRef): string {
  return `${collectionPath(type, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number | boolean] => pair[1] !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]): [string, string] => [key, String(value)]))}`;
}
