import type { Change, ClusterCache, Watched } from '../controller/cluster-cache.ts';
import { isApiError } from '../kube/kube-api.ts';

export interface WorkloadWatchesOptions {
  readonly cache: Pick<ClusterCache, 'watch' | 'forget' | 'knows'>;
  /** The operator's own namespace, which is there. */
  readonly namespace: string;
  /** Namespaces whose workloads are looked at. Default: all. */
  readonly scope: readonly string[] | undefined;
  /** Called each time that the first list of a kind is in, everywhere or in one more namespace. */
  readonly onListed: () => void;
}

/** A namespace; without a scope, all of them. */
type Place = string | undefined;

interface Watch {
  readonly own: AbortController;
  readonly listed: Promise<void>;
}

interface Kind {
  readonly watched: Watched;
  readonly signal: AbortSignal;
  readonly watches: Map<Place, Watch>;
}

/**
 * The watches of workloads and of what is made for them: of all namespaces, or of each namespace in scope as long as it exists. With a
 * namespace go the Role and the RoleBinding in it, so a watch that outlives it is refused for ever.
 */
export class WorkloadWatches {
  readonly #options: WorkloadWatchesOptions;
  readonly #places: Set<Place>;
  readonly #kinds = new Map<string, Kind>();

  constructor(options: WorkloadWatchesOptions) {
    this.#options = options;
    const { scope, namespace } = options;
    this.#places = new Set(scope === undefined ? [undefined] : scope.filter((name) => name === namespace));
  }

  /**
   * Watches a kind until `signal` aborts, and resolves when the first lists of the present namespaces are in.
   * @param alsoOwn also in the operator's own namespace, whether it is in scope or not.
   * @throws KubeApiError when the kind is not served.
   */
  async add(watched: Watched, signal: AbortSignal, { alsoOwn = false } = {}): Promise<void> {
    const { scope, namespace } = this.#options;
    const kind: Kind = { watched, signal, watches: new Map() };
    this.#kinds.set(watched.kind, kind);
    const places = new Set([...this.#places, ...(alsoOwn && scope !== undefined ? [namespace] : [])]);
    await Promise.all([...places].map((place) => this.#watch(kind, place)));
  }

  /** Ends the watches of a kind for good. */
  remove(kind: string): void {
    for (const { own } of this.#kinds.get(kind)?.watches.values() ?? []) own.abort();
    this.#kinds.delete(kind);
    this.#options.cache.forget(kind);
  }

  has(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  /** Whether the first list of each kind of this namespace is in. Before that, a file that nothing seems to need may be in use. */
  knows(namespace: string): boolean {
    return [...this.#kinds.keys()].every((kind) => this.#options.cache.knows(kind, namespace));
  }

  /** Resolves when the first lists of everything that is watched now are in. We need not have the right to every namespace in scope. */
  async listed(): Promise<void> {
    await Promise.all([...this.#kinds.values()].flatMap(({ watches }) => [...watches.values()].map(({ listed }) => listed)));
  }

  /** Takes in a change of a Namespace. If it is being deleted, it counts as gone: the rights in it may go first. */
  observe({ key, object }: Pick<Change, 'key' | 'object'>): void {
    const { scope, namespace } = this.#options;
    if (scope === undefined || !scope.includes(key) || key === namespace) return;
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) this.#leave(key);
    else this.#enter(key);
  }

  #enter(place: string): void {
    if (this.#places.has(place)) return;
    this.#places.add(place);
    for (const kind of this.#kinds.values()) {
      void this.#watch(kind, place).catch((error: unknown) => {
        // Its CRD has gone at this moment. The caller that added it will see that.
        if (!isApiError(error)) throw error;
      });
    }
  }

  #leave(place: string): void {
    if (!this.#places.delete(place)) return;
    for (const [name, { watches }] of this.#kinds) {
      watches.get(place)?.own.abort();
      watches.delete(place);
      this.#options.cache.forget(name, place);
    }
  }

  #watch({ watched, signal, watches }: Kind, place: Place): Promise<void> {
    const { cache, namespace, onListed } = this.#options;
    const own = new AbortController();
    const ends = AbortSignal.any([signal, own.signal]);
    const optional = watched.optional ?? (place !== undefined && place !== namespace);
    const listed = cache.watch({ ...watched, optional, ...(place !== undefined && { namespace: place }) }, ends).then(() => {
      if (!ends.aborted) onListed();
    });
    watches.set(place, { own, listed });
    return listed;
  }
}
