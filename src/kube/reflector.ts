import type { KubeObject } from '../api/kube-object.ts';
import { isApiError, type KubeApi, type Query, type ResourceType, type WatchEvent } from './kube-api.ts';
import type { Clock, Random } from './retry.ts';

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function objectKey(ref: { readonly name: string; readonly namespace?: string }): string {
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
}

export interface StoreChange {
  readonly key: string;
  /** undefined when the object is gone. */
  readonly object: KubeObject | undefined;
  /** What the store held before; our own write, when that was the last that was known. */
  readonly previous: KubeObject | undefined;
  /** true for what a list brought, false for an event. */
  readonly resync: boolean;
}

export interface ReflectorOptions {
  readonly api: KubeApi;
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly query?: Query;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after the store has changed. */
  readonly onChange: (change: StoreChange) => void;
  readonly onTrouble?: (trouble: { readonly what: 'list' | 'watch'; readonly error: unknown }) => void;
  /** The longest time between two lists, so that an event which the server lost is not lost for ever. Default 30 minutes. */
  readonly relistMs?: number;
  /** A stream that is silent for this long is taken for dead; bookmarks come about once a minute. Default 150 s. */
  readonly silenceMs?: number;
}

/** A copy of all objects of one kind, kept current by list and watch, whatever the connection does. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #objects = new Map<string, KubeObject>();
  #synced = false;
  #resourceVersion: string | undefined;
  readonly #ready: Promise<void>;
  #markReady: () => void = () => undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  /** true once the first list is in the store. */
  get synced(): boolean {
    return this.#synced;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  /** Resolves when the store holds the first list. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Puts the answer to our own write into the store before its event arrives, so that the next pass does not read the past.
   * An older event that is still on its way is dropped by {@link isOlder}.
   */
  remember(object: KubeObject): void {
    // The stream is past this write already: what it has said since, perhaps that the object is gone, is newer.
    if (this.#resourceVersion !== undefined && versionBefore(object.metadata.resourceVersion, this.#resourceVersion)) return;
    const key = objectKey(object.metadata);
    const known = this.#objects.get(key);
    if (known === undefined || !isOlder(object, known)) this.#objects.set(key, object);
  }

  /** Lists and watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, onTrouble, relistMs = 30 * 60_000 } = this.#options;
    let failures = 0;
    let listed = clock.now();
    while (!signal.aborted) {
      const started = clock.now();
      let what: 'list' | 'watch' = 'list';
      try {
        if (this.#resourceVersion === undefined) {
          await this.#list();
          listed = clock.now();
        }
        what = 'watch';
        await this.#watch(signal);
        failures = clock.now() - started > 1000 ? 0 : failures + 1;
        if (clock.now() - listed > relistMs) this.#resourceVersion = undefined;
      } catch (error) {
        if (signal.aborted) return;
        // A stream that held for a while and was then cut is no failing server.
        failures = what === 'watch' && clock.now() - started > 60_000 ? 1 : failures + 1;
        if (isGone(error)) this.#resourceVersion = undefined;
        onTrouble?.({ what, error });
      }
      if (failures > 0) await clock.sleep(Math.min(200 * 2 ** (failures - 1), 30_000) * (0.5 + random() / 2), signal);
    }
  }

  async #list(): Promise<void> {
    const { api, type, namespace, query, onChange } = this.#options;
    const { items, resourceVersion } = await api.list(type, { ...(namespace && { namespace }), ...(query && { query }) });
    const changes: StoreChange[] = [];
    const gone = new Map(this.#objects);
    for (const object of items) {
      const key = objectKey(object.metadata);
      const previous = gone.get(key);
      gone.delete(key);
      if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
      // Our own write while the list was under way.
      if (previous !== undefined && isOlder(object, previous)) continue;
      this.#objects.set(key, object);
      changes.push({ key, object, previous, resync: true });
    }
    for (const [key, previous] of gone) {
      if (versionBefore(resourceVersion, previous.metadata.resourceVersion)) continue;
      this.#objects.delete(key);
      changes.push({ key, object: undefined, previous, resync: true });
    }
    this.#resourceVersion = resourceVersion;
    this.#synced = true;
    this.#markReady();
    for (const change of changes) onChange(change);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, type, namespace, query, random, silenceMs = 150_000 } = this.#options;
    const silent = new AbortController();
    let timer = setTimeout(() => silent.abort(), silenceMs);
    const stream = api.watch(type, {
      ...(namespace && { namespace }),
      query: { ...query, resourceVersion: this.#resourceVersion, timeoutSeconds: 300 + Math.floor(random() * 300) },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    try {
      for await (const event of stream) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), silenceMs);
        this.#apply(event);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #apply(event: WatchEvent): void {
    const { type, onChange } = this.#options;
    if (event.type === 'ERROR') throw new WatchError(event.object);
    const object: KubeObject = { ...event.object, apiVersion: type.apiVersion, kind: type.kind };
    this.#resourceVersion = object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') return;
    const key = objectKey(object.metadata);
    const known = this.#objects.get(key);
    if (known !== undefined && isOlder(object, known)) return;
    if (event.type === 'DELETED') {
      this.#objects.delete(key);
      onChange({ key, object: undefined, previous: known ?? object, resync: false });
      return;
    }
    this.#objects.set(key, object);
    if (known?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    onChange({ key, object, previous: known, resync: false });
  }
}

/** An ERROR event inside a watch stream: the API server's Status object. */
class WatchError extends Error {
  readonly code: number;
  constructor(status: Readonly<Record<string, unknown>>) {
    super(`watch: ${String(status['reason'])}: ${String(status['message'])}`);
    this.code = Number(status['code']);
  }
}

/** 410 and in-stream errors alike call for a new list: whatever the server meant, the store may have missed something. */
function isGone(error: unknown): boolean {
  return error instanceof WatchError || (isApiError(error) && error.body.status === 410);
}

/**
 * Resource versions of one kind are ordered integers (guaranteed since Kubernetes 1.35, KEP-5504, and true in practice before);
 * where they are not numbers nothing counts as older.
 */
function isOlder(object: KubeObject, known: KubeObject): boolean {
  return versionBefore(object.metadata.resourceVersion, known.metadata.resourceVersion);
}

function versionBefore(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return BigInt(a) < BigInt(b);
}
