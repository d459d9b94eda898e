import type { KubeObject } from '../../api/kube-object.ts';

/** Where objects of one kind are, as discovery says. */
export interface ResourceType {
  /** `v1` or `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural name in the path, for example `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export type PatchType =
  | 'application/apply-patch+yaml'
  | 'application/strategic-merge-patch+json'
  | 'application/merge-patch+json'
  | 'application/json-patch+json';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string;
}

/** Query parameters, by their names in the API (`labelSelector`, `fieldManager`, `dryRun`, ...). */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The answer of the API server to a request it refused: its Status object, in our terms. */
export interface ApiErrorBody {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Status.reason, for example `NotFound`, `Conflict`, `Invalid`; `Unreachable` when no answer came. */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];
  /** Seconds, from the Retry-After header. */
  readonly retryAfter?: number;
  /** true when a 404 is about the resource type itself: its CRD is gone, its version has moved, or its API service is not there. */
  readonly unserved?: true;
}

/** Thrown by every method of {@link KubeApi}. The message names the request and the object. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  readonly body: ApiErrorBody;
  constructor(message: string, body: ApiErrorBody, options?: ErrorOptions) {
    super(message, options);
    this.body = body;
  }
}

export function isApiError(error: unknown, reason?: string): error is KubeApiError {
  return error instanceof KubeApiError && (reason === undefined || error.body.reason === reason);
}

/** The answer; undefined where the user has no right to it. */
export async function ifAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isApiError(error, 'Forbidden')) return undefined;
    throw error;
  }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

export interface ListResult {
  readonly items: readonly KubeObject[];
  /** The state of the cluster that the list shows. */
  readonly resourceVersion: string;
}

export interface ListOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly query?: Query;
  /** Only `metadata` of each object (PartialObjectMetadata): a fraction of the bytes, if nothing else is read. Default false. */
  readonly metadataOnly?: boolean;
}

export interface WatchOptions extends ListOptions {
  readonly signal: AbortSignal;
  /** Called when the server has accepted the watch, before its first event. */
  readonly onOpen?: () => void;
}

/** The API server as the rest of the program sees it: raw JSON in and out. Retries and deadlines are the implementation's. */
export interface KubeApi {
  /** The resource type of a kind. Throws KubeApiError `NotFound` when the server does not serve it. */
  resourceType(apiVersion: string, kind: string): Promise<ResourceType>;
  /** undefined when there is no such object. */
  get(type: ResourceType, ref: ObjectRef): Promise<KubeObject | undefined>;
  /** Every object, over all pages. No namespace: all namespaces. */
  list(type: ResourceType, options?: ListOptions): Promise<ListResult>;
  /**
   * The same, a page at a time (`query.limit` objects, default 500), so that a large list is never in memory as a whole. All pages show one
   * state of the cluster. If the server forgets that state between two pages, it throws KubeApiError 410.
   */
  pages(type: ResourceType, options?: ListOptions): AsyncIterable<ListResult>;
  create(type: ResourceType, object: KubeObject, query?: Query): Promise<KubeObject>;
  patch(
    type: ResourceType,
    ref: ObjectRef,
    patchType: PatchType,
    body: unknown,
    query?: Query & { readonly subresource?: string },
  ): Promise<KubeObject>;
  /** false when there was nothing to delete. */
  delete(
    type: ResourceType,
    ref: ObjectRef,
    preconditions?: { readonly uid?: string; readonly resourceVersion?: string },
    /** What happens to the objects that it owns; default `Background`: they go too. */
    propagation?: Propagation,
  ): Promise<boolean>;
  /** Events from `resourceVersion` on, until the stream ends or `signal` aborts. */
  watch(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** GET of any path, as text: `/version`, pod logs, the service proxy. */
  getText(path: string, query?: Query): Promise<string>;
}
