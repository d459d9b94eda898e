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
  /** The whole set: what the inventory names and this does not is deleted. */
  readonly desired: readonly KubeObject[];
  /** What the last pass returned; empty at first. */
  readonly inventory: readonly InventoryEntry[];
  /** Default: {@link DEFAULT_POLICIES}. */
  readonly policies?: Partial<Policies>;
  /** What is in the cluster, from a cache; throws when that cannot be said. Default: it is read from the API server. */
  readonly live?: (entry: InventoryEntry) => KubeObject | undefined;
  /**
   * Whether `live` may not show an object that is there, since its cache holds only what carries our label. Such objects are looked up before
   * they are made, one list for each kind, so that the adoption policy decides on what is there. Default: none.
   */
  readonly partial?: (entry: InventoryEntry) => boolean;
  /** Stores the inventory, before the first write, with all that is about to be made: a crash then leaves no object that it does not name. */
  readonly record?: (inventory: readonly InventoryEntry[]) => Promise<void>;
  /** Keep one over all passes of a process, so that what cannot be repaired is not written at each. */
  readonly memory?: ApplyMemory;
  /** Requests in flight. Default 16: more only add latency (measured, see docs/benchmarks). */
  readonly concurrency?: number;
  /** Milliseconds that a pass waits for an object to be gone or a CRD to be established. Default 5,000. */
  readonly waitMs?: number;
  /** Milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface ApplySetResult {
  /** One for each desired object in apply order, then one for each that was to be pruned. */
  readonly results: readonly Result[];
  /** What the set now holds in the cluster: what was wanted and made, and what could not be deleted. */
  readonly inventory: readonly InventoryEntry[];
}

/**
 * Makes the cluster hold `desired` and nothing else of `inventory`, writing only what differs: a set that is as it should be costs no
 * request at all when `live` is a cache. Never rejects for an object that fails: its result says so. Rejects when `record` fails;
 * nothing has been written then.
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

/** At once, not in the next pass: when nothing else changes, that one may be half an hour away. */
function withUnrepaired(result: Result, memory: ApplyMemory): Result {
  if (!isWrite(result) || !('object' in result.action)) return result;
  const problem = unrepaired(result.action.object, memory.left(result.action.object));
  return problem === undefined ? result : { ...result, problem };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
