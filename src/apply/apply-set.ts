import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { Action } from './action.ts';
import { withoutStringData } from './drift/normal-form.ts';
import { entryId, objectEntry, sameInventory, union } from './inventory.ts';
import { keptAfter } from './kept-after.ts';
import type { ApplyMemory } from './memory.ts';
import { plan } from './plan.ts';
import { DEFAULT_POLICIES, type Policies } from './policies.ts';
import { unrepaired } from './problem.ts';
import { lookUpAll, readLive } from './read-live.ts';
import { isWrite, type Result } from './result.ts';
import { writeSet } from './write-set.ts';

export interface ApplySetOptions {
  readonly api: KubeApi;
  /** The whole set. An object in the inventory that is not in the set is deleted. */
  readonly desired: readonly KubeObject[];
  /** What the last pass returned; empty at first. */
  readonly inventory: readonly InventoryEntry[];
  /** Default: {@link DEFAULT_POLICIES}. */
  readonly policies?: Partial<Policies>;
  /** The live objects, from a cache. Throws when the cache cannot tell. Default: they are read from the API server. */
  readonly live?: (entry: InventoryEntry) => KubeObject | undefined;
  /**
   * Whether `live` may miss an object that is there, since its cache holds only objects with our label. Such objects are looked up before
   * they are made, by one list for each kind, so that the adoption policy sees them. Default: none.
   */
  readonly partial?: (entry: InventoryEntry) => boolean;
  /** Stores the inventory before the first write, with everything that is about to be made. After a crash it still names every object. */
  readonly record?: (inventory: readonly InventoryEntry[]) => Promise<void>;
  /** Keep one memory over all passes of a process. Else each pass writes what cannot be repaired. */
  readonly memory?: ApplyMemory;
  /** Requests in flight. Default 16: more requests only add latency (measured, see docs/benchmarks). */
  readonly concurrency?: number;
  /** Milliseconds that a pass waits for an object to be gone or a CRD to be established. Default 5,000. */
  readonly waitMs?: number;
  /** Milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface ApplySetResult {
  /** One for each desired object in apply order, then one for each object that was to be pruned. */
  readonly results: readonly Result[];
  /** The objects of the set that are in the cluster now: the desired ones that were made, and those that could not be deleted. */
  readonly inventory: readonly InventoryEntry[];
}

/**
 * Makes the cluster hold `desired` and nothing else of `inventory`. Writes only differences: if the set is as it should be and `live` is a
 * cache, it sends no request. If an object fails, its result says so. Rejects only when `record` fails; nothing has been written then.
 */
export async function applySet(options: ApplySetOptions): Promise<ApplySetResult> {
  const { api, memory, concurrency = 16, partial = () => false, waitMs = 5000, now = Date.now, sleep = pause } = options;
  const policies: Policies = { ...DEFAULT_POLICIES, ...options.policies };
  const desired = options.desired.map(withoutStringData);
  const entries = union(options.inventory, desired.map(objectEntry));
  const live = options.live ?? (await readLive(api, entries, concurrency));
  const decided = (see: (entry: InventoryEntry) => KubeObject | undefined): readonly Action[] =>
    plan({ desired, live: see, inventory: options.inventory, policies, ...(memory !== undefined && { experience: memory }) });
  let actions = decided(live);
  const unseen = actions.flatMap((action) => (action.type === 'create' ? [objectEntry(action.object)] : [])).filter(partial);
  if (unseen.length > 0) {
    const found = await lookUpAll(api, unseen, concurrency);
    const ids = new Set(unseen.map(entryId));
    actions = decided((entry) => (ids.has(entryId(entry)) ? found(entry) : live(entry)));
  }
  const coming = actions.flatMap((action) => (action.type === 'create' ? [objectEntry(action.object)] : []));
  const widened = union(options.inventory, coming);
  if (coming.length > 0 && !sameInventory(widened, options.inventory)) await options.record?.(widened);
  const inventory = new Map(options.inventory.map((entry) => [entryId(entry), entry]));
  const results = await writeSet({ api, policies, inventory, concurrency, waitMs, now, sleep }, actions);
  memory?.learn(results, policies.ignore);
  const wanted = new Set(desired.map((object) => entryId(objectEntry(object))));
  memory?.forget(entries.map(entryId).filter((id) => !wanted.has(id)));
  const told = memory === undefined ? results : results.map((result) => withUnrepaired(result, memory));
  return { results: told, inventory: keptAfter(widened, results) };
}

/** At once, not in the next pass: if nothing else changes, the next pass may be half an hour away. */
function withUnrepaired(result: Result, memory: ApplyMemory): Result {
  if (!isWrite(result) || !('object' in result.action)) return result;
  const problem = unrepaired(result.action.object, memory.left(result.action.object));
  return problem === undefined ? result : { ...result, problem };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
