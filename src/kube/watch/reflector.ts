import type { KubeObject } from '../../../api/kube-object.ts';
import type { Clock, Random } from '../clock.ts';
import type { KubeApi, Query, ResourceType, WatchEvent } from '../kube-api.ts';
import { objectKey } from '../object-key.ts';
import { withRequestContext } from '../request-context.ts';
import { pauseMs } from '../retry.ts';
import { versionBefore } from './resource-version.ts';
import { isPassing, needsList, StaleAnswer, WatchError } from './watch-error.ts';

export interface StoreChange {
  readonly key: string;
  /** As it is stored; undefined when the object is gone. */
  readonly object: KubeObject | undefined;
  /** What the store held before. It may be our own write, if that was the last thing known. */
  readonly previous: KubeObject | undefined;
  /** true if a list brought the change, false if an event did. */
  readonly resync: boolean;
}

export interface ReflectorOptions {
  readonly api: KubeApi;
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly query?: Query;
  /** Only `metadata` is asked for. Default false. */
  readonly metadataOnly?: boolean;
  /** The part of an object that is kept. It must hold name, namespace, uid and resourceVersion. Default: all of it. */
  readonly transform?: (object: KubeObject) => KubeObject;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after the store has changed. */
  readonly onChange: (change: StoreChange) => void;
  readonly onTrouble?: (trouble: { readonly what: 'list' | 'watch'; readonly error: unknown }) => void;
  /** Called with the number of changes that a list found and that a watch should have brought before. */
  readonly onMissed?: (count: number) => void;
  /** The longest time between two lists, so that an event which the server lost is not lost for ever. Default 30 minutes. */
  readonly relistMs?: number;
  /**
   * How long the server keeps a stream. Up to a fifth is added, so that streams do not end together. If a stream is still open 5 s later,
   * it counts as dead. With the default of 45 s, a stream without a living connection (docs/adr/0017) is noticed within a minute.
   */
  readonly streamSeconds?: number;
}

/** The server ends a stream itself. If it is open for this much longer, nothing is on the other side. */
const STREAM_GRACE_MS = 5000;
/** At most one connection a second, to a server that ends or refuses each of them. */
const BACKOFF_BASE_MS = 1000;
const BACKOFF_MAX_MS = 10_000;
/** For this long, answers from the past are refused. After that, the cluster itself was set back, from a backup of etcd. */
const STALE_LIMIT_MS = 5 * 60_000;
/** Watches in a row that may fail, for other reasons than overload, before the copy is listed again. */
const WATCH_FAILURES = 5;

/** A copy of all objects of one kind, kept current by list and watch, whatever the connection does. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #objects = new Map<string, KubeObject>();
  #synced = false;
  /** Where the next watch goes on; undefined: a list is needed. */
  #resourceVersion: string | undefined;
  /** The newest state that a list or a watch has shown. */
  #newest: string | undefined;
  #staleSince: number | undefined;
  #contact: number;
  readonly #ready: Promise<void>;
  #markReady: () => void = () => undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#contact = options.clock.now();
    this.#ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  /** true once the first list is in the store. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Milliseconds since the server last answered, or sent anything. Under a minute while all is well. */
  get silenceMs(): number {
    return this.#options.clock.now() - this.#contact;
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
   * An older event that is still on its way is dropped.
   */
  remember(object: KubeObject): void {
    // The stream is past this write already. Its later events, perhaps that the object is gone, are newer.
    if (versionBefore(object.metadata.resourceVersion, this.#resourceVersion)) return;
    const key = objectKey(object.metadata);
    const known = this.#objects.get(key);
    if (known === undefined || !isOlder(object, known)) this.#objects.set(key, this.#kept(object));
  }

  /** Lists and watches until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    // It outlives the piece of work that has started it.
    return withRequestContext(undefined, () => this.#run(signal));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, onTrouble, relistMs = 30 * 60_000 } = this.#options;
    let failures = 0;
    let listed = clock.now();
    while (!signal.aborted) {
      const started = clock.now();
      let pause = 0;
      let what: 'list' | 'watch' = 'list';
      try {
        if (this.#resourceVersion === undefined || started - listed > relistMs) {
          await this.#list();
          listed = clock.now();
        }
        what = 'watch';
        await this.#watch(signal);
        failures = clock.now() - started >= 1000 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        // If a stream held for a while and was then cut, the server is not failing.
        failures = what === 'watch' && clock.now() - started > 30_000 ? 0 : failures + 1;
        const stuck = what === 'watch' && failures % WATCH_FAILURES === 0 && failures > 0 && !isPassing(error);
        if (needsList(error) || stuck) this.#resourceVersion = undefined;
        pause = pauseMs(error);
        onTrouble?.({ what, error });
      }
      const backoff = failures > 0 ? Math.min(BACKOFF_BASE_MS * 2 ** (failures - 1), BACKOFF_MAX_MS) : 0;
      const wait = Math.max(backoff, pause);
      if (wait > 0) await clock.sleep(wait * (1 + random() / 4), signal);
    }
  }

  /**
   * Brings the store to the server's state, page by page. While a watch could go on, the list asks for the state that the watch has
   * reached. So each difference is a change that the watch should have brought.
   */
  async #list(): Promise<void> {
    const { api, type, namespace, query, metadataOnly, onChange, onMissed } = this.#options;
    const reached = this.#resourceVersion;
    // If the state is not there any more (410), or the list fails half-way, the next try takes the newest one.
    this.#resourceVersion = undefined;
    const exact = reached === undefined ? {} : { resourceVersion: reached, resourceVersionMatch: 'Exact' };
    const seen = new Set<string>();
    const before = this.#newest;
    let setBack = false;
    let missed = 0;
    let version: string | undefined;
    for await (const page of api.pages(type, {
      ...(namespace && { namespace }),
      ...(metadataOnly && { metadataOnly }),
      query: { ...query, ...exact },
    })) {
      if (version === undefined) setBack = this.#isSetBack(page.resourceVersion);
      version = page.resourceVersion;
      this.#contact = this.#options.clock.now();
      for (const item of page.items) {
        const key = objectKey(item.metadata);
        seen.add(key);
        const previous = this.#objects.get(key);
        if (previous?.metadata.resourceVersion === item.metadata.resourceVersion) continue;
        // Our own write while the list was under way.
        if (previous !== undefined && isOlder(item, previous) && !setBack) continue;
        if (before !== undefined && !setBack && !versionBefore(before, item.metadata.resourceVersion)) missed += 1;
        const object = this.#kept(item);
        this.#objects.set(key, object);
        onChange({ key, object, previous, resync: true });
      }
    }
    for (const [key, previous] of this.#objects) {
      if (seen.has(key) || (versionBefore(version, previous.metadata.resourceVersion) && !setBack)) continue;
      if (reached !== undefined) missed += 1;
      this.#objects.delete(key);
      onChange({ key, object: undefined, previous, resync: true });
    }
    this.#resourceVersion = this.#newest = version;
    this.#synced = true;
    this.#markReady();
    if (missed > 0) onMissed?.(missed);
  }

  /**
   * Whether the server's history is another one than ours.
   * @throws StaleAnswer while the server may only lag behind.
   */
  #isSetBack(version: string): boolean {
    const { clock, type } = this.#options;
    if (!versionBefore(version, this.#newest)) {
      this.#staleSince = undefined;
      return false;
    }
    this.#staleSince ??= clock.now();
    if (clock.now() - this.#staleSince > STALE_LIMIT_MS) return true;
    throw new StaleAnswer(`list ${type.plural}: resource version ${version} is older than ${this.#newest}, which was seen before`);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, type, namespace, query, metadataOnly, clock, random, streamSeconds = 45 } = this.#options;
    const timeoutSeconds = Math.ceil(streamSeconds * (1 + random() / 5));
    const dead = new AbortController();
    const ended = new AbortController();
    void clock.sleep(timeoutSeconds * 1000 + STREAM_GRACE_MS, ended.signal).then(() => dead.abort());
    const stream = api.watch(type, {
      ...(namespace && { namespace }),
      ...(metadataOnly && { metadataOnly }),
      query: { ...query, resourceVersion: this.#resourceVersion, timeoutSeconds },
      signal: AbortSignal.any([signal, dead.signal]),
      onOpen: () => {
        this.#contact = clock.now();
      },
    });
    try {
      for await (const event of stream) {
        this.#contact = clock.now();
        this.#apply(event);
      }
      if (dead.signal.aborted && !signal.aborted) throw new Error(`watch ${type.plural}: nothing more came, and the server did not end it`);
      this.#contact = clock.now();
    } finally {
      ended.abort();
    }
  }

  #apply(event: WatchEvent): void {
    const { type, onChange } = this.#options;
    if (event.type === 'ERROR') throw new WatchError(type.plural, event.object);
    // An event without a state does not say where the stream is. Asked from there, the next stream would begin at the newest state.
    const version = event.object.metadata.resourceVersion || undefined;
    // If an event is older than the stream, it is a replay. It is compared with what is known of that object, and never brings a deleted
    // one back.
    const replay = versionBefore(version, this.#resourceVersion);
    if (version !== undefined && !replay) this.#resourceVersion = this.#newest = version;
    if (event.type === 'BOOKMARK') return;
    const key = objectKey(event.object.metadata);
    const known = this.#objects.get(key);
    if (known === undefined ? replay : isOlder(event.object, known)) return;
    const object = this.#kept({ ...event.object, apiVersion: type.apiVersion, kind: type.kind });
    if (event.type === 'DELETED') {
      this.#objects.delete(key);
      onChange({ key, object: undefined, previous: known ?? object, resync: false });
      return;
    }
    this.#objects.set(key, object);
    if (known !== undefined && known.metadata.resourceVersion === version) return;
    onChange({ key, object, previous: known, resync: false });
  }

  #kept(object: KubeObject): KubeObject {
    return this.#options.transform?.(object) ?? object;
  }
}

function isOlder(object: KubeObject, known: KubeObject): boolean {
  return versionBefore(object.metadata.resourceVersion, known.metadata.resourceVersion);
}
