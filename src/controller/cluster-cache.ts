import type { KubeObject } from '../../api/kube-object.ts';
import type { Clock, Random } from '../kube/clock.ts';
import { isApiError, type KubeApi, type Query, type ResourceType } from '../kube/kube-api.ts';
import { objectKey } from '../kube/object-key.ts';
import { Reflector, type StoreChange } from '../kube/watch/reflector.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export interface Watched {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly query?: Query;
  /** The cache asks for `metadata` only, and keeps only that. Default false. */
  readonly metadataOnly?: boolean;
  /** The part of an object that is kept; default: all. It must hold what a reader of the cache and {@link Reflector} need. */
  readonly transform?: (object: KubeObject) => KubeObject;
  /** Until its first list is in, nobody misses the kind: we may have no right to read it, or somebody else must mend it. */
  readonly optional?: boolean;
}

export interface Change extends StoreChange {
  readonly kind: string;
}

export interface ClusterCacheOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onChange: (change: Change) => void;
  /** The longest time between two lists of a kind. Default 30 minutes. */
  readonly relistMs?: number;
}

/** A stream is renewed within a minute (see {@link Reflector}). If a kind is silent for longer, the copy is not what the cluster has. */
const FRESH_MS = 60_000;

/** Copies of the kinds that the operator reads, each kept current by a reflector. */
export class ClusterCache {
  readonly #options: ClusterCacheOptions;
  /** By kind, then by the part that is watched: a namespace, a selection by field, or '' for all. */
  readonly #reflectors = new Map<string, Map<string, Reflector>>();
  /** Their names in metrics, by kind. */
  readonly #resources = new Map<string, string>();
  readonly #optional = new WeakSet<Reflector>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ClusterCacheOptions) {
    this.#options = options;
  }

  /** Starts to watch a kind, or its objects of one namespace, and resolves when the first list is in. */
  async watch(watched: Watched, signal: AbortSignal): Promise<void> {
    const { api, clock, random, logger, metrics, onChange, relistMs } = this.#options;
    const type = await this.#discovered(watched, signal);
    if (type === undefined || signal.aborted) return;
    const { apiVersion: _apiVersion, kind: _kind, optional = false, ...what } = watched;
    const resource = type.plural;
    const reflector = new Reflector({
      api,
      type,
      ...what,
      ...(relistMs !== undefined && { relistMs }),
      clock,
      random,
      // Answers that come after the end of the watch belong to a copy that was dropped.
      onChange: (change) => {
        if (!signal.aborted) onChange({ ...change, kind: type.kind });
      },
      onTrouble: ({ what, error }) => {
        metrics.watchTroubles.inc({ resource, what });
        logger.warn('watch interrupted', { resource, what, error: errorText(error) });
      },
      onMissed: (count) => {
        metrics.watchMissedEvents.inc({ resource }, count);
        logger.warn('a list found changes that no event had brought', { resource, count });
      },
    });
    const parts = this.#reflectors.get(type.kind) ?? new Map<string, Reflector>();
    this.#reflectors.set(type.kind, parts.set(watched.namespace ?? String(watched.query?.['fieldSelector'] ?? ''), reflector));
    if (optional) this.#optional.add(reflector);
    this.#resources.set(type.kind, resource);
    metrics.observeWatch(resource, () => Math.max(...[...parts.values()].map(({ silenceMs }) => silenceMs)) / 1000);
    const running: Promise<void> = reflector.run(signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    await Promise.race([reflector.ready(), aborted(signal)]);
  }

  /** The kind's resource type, however long the API server is away; undefined when `signal` aborts. Throws when the kind is not served. */
  async #discovered({ apiVersion, kind }: Watched, signal: AbortSignal): Promise<ResourceType | undefined> {
    const { api, clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        return await api.resourceType(apiVersion, kind);
      } catch (error) {
        if (!isApiError(error) || isApiError(error, 'NotFound')) throw error;
        logger.warn('kind not discovered yet', { kind, error: errorText(error) });
      }
      await clock.sleep(1000, signal);
    }
    return undefined;
  }

  /**
   * Drops the copy of a kind, or of its objects in one namespace, when its watch has ended for good. Its objects are gone, though no event
   * has said so.
   */
  forget(kind: string, namespace?: string): void {
    const parts = this.#reflectors.get(kind) ?? new Map<string, Reflector>();
    const ended = [...parts].filter(([part]) => namespace === undefined || part === namespace);
    for (const [part] of ended) parts.delete(part);
    if (parts.size === 0) {
      this.#options.metrics.forgetWatch(this.#resources.get(kind) ?? kind);
      this.#reflectors.delete(kind);
    }
    for (const [, reflector] of ended)
      for (const previous of reflector.values())
        this.#options.onChange({ kind, key: objectKey(previous.metadata), object: undefined, previous, resync: true });
  }

  get(kind: string, ref: { readonly name: string; readonly namespace?: string }): KubeObject | undefined {
    const key = objectKey(ref);
    for (const reflector of this.#of(kind, ref.namespace)) {
      const found = reflector.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether there is a copy of this kind's objects, in this namespace if one is given. */
  watches(kind: string, namespace?: string): boolean {
    return this.#of(kind, namespace).length > 0;
  }

  /** Whether the first list of this kind's objects in this namespace is in the copy. */
  knows(kind: string, namespace: string): boolean {
    const parts = this.#of(kind, namespace);
    return parts.length > 0 && parts.every(({ synced }) => synced);
  }

  live(entry: { readonly kind: string; readonly name: string; readonly namespace?: string }): KubeObject | undefined {
    return this.get(entry.kind, entry);
  }

  values(kind: string): readonly KubeObject[] {
    return this.#of(kind).flatMap((reflector) => [...reflector.values()]);
  }

  /**
   * Puts the answer to a write of ours into the copy, so that the next pass does not decide on the past.
   * @returns what that changed; the event of the write will be no news.
   */
  remember(object: KubeObject): Change | undefined {
    const { kind, metadata } = object;
    const previous = this.get(kind, metadata);
    for (const reflector of this.#of(kind, metadata.namespace)) reflector.remember(object);
    const now = this.get(kind, metadata);
    return now === previous ? undefined : { kind, key: objectKey(metadata), object: now, previous, resync: false };
  }

  /** The copies of a kind that may hold objects of a namespace; without one, all of them. */
  #of(kind: string, namespace?: string): readonly Reflector[] {
    const parts = this.#reflectors.get(kind);
    const one = namespace === undefined ? undefined : parts?.get(namespace);
    if (one !== undefined) return [one];
    return [...(parts ?? [])].filter(([part]) => namespace === undefined || part === '').map(([, reflector]) => reflector);
  }

  /** Copies whose reader must know when they are not current. */
  get #needed(): readonly (readonly [string, Reflector])[] {
    const all = [...this.#reflectors].flatMap(([kind, parts]) => [...parts.values()].map((reflector) => [kind, reflector] as const));
    return all.filter(([, reflector]) => reflector.synced || !this.#optional.has(reflector));
  }

  get synced(): boolean {
    return this.#reflectors.size > 0 && this.#needed.every(([, reflector]) => reflector.synced);
  }

  /** Kinds that have been silent for too long; empty while all is well. */
  stale(): readonly string[] {
    return this.#needed.filter(([, reflector]) => reflector.silenceMs > FRESH_MS).map(([kind]) => kind);
  }

  /** Resolves when every watch has ended, after the signal has aborted. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
