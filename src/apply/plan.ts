import type { KubeObject } from '../api/kube-object.ts';
import { type Difference, drift } from './drift.ts';
import { entryId, type InventoryEntry, objectEntry } from './inventory.ts';
import { compareForApply } from './order.ts';
import { withdrawn } from './withdrawn.ts';

export type Action =
  | { readonly type: 'create'; readonly object: KubeObject }
  | { readonly type: 'update'; readonly object: KubeObject; readonly live: KubeObject; readonly differences: readonly Difference[] }
  | { readonly type: 'keep'; readonly object: KubeObject; readonly live: KubeObject }
  | { readonly type: 'delete'; readonly entry: InventoryEntry; readonly live: KubeObject };

export interface PlanInput {
  readonly desired: readonly KubeObject[];
  /** What is in the cluster under that identity. */
  readonly live: (entry: InventoryEntry) => KubeObject | undefined;
  /** What we keep by the record of earlier passes. Only what it names is ever deleted. */
  readonly inventory: readonly InventoryEntry[];
  /** Whether a live object still carries our label; one that does not is no longer ours to delete. */
  readonly isOurs: (live: KubeObject) => boolean;
  /** Differences that our own last write could not remove (the server's normal form, an admission webhook). */
  readonly tolerated?: (object: KubeObject, difference: Difference) => boolean;
}

/**
 * The steps from what is there to what is wanted: creations and updates in apply order, then deletions in reverse.
 * Nothing is deleted when `desired` is empty: a render that yields nothing is a fault, not a wish.
 */
export function plan(input: PlanInput): readonly Action[] {
  const wanted = [...input.desired].sort(compareForApply);
  const applied = wanted.map((object): Action => {
    const live = input.live(objectEntry(object));
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return { type: 'create', object };
    const differences = differencesOf(object, live).filter((difference) => !input.tolerated?.(object, difference));
    return differences.length === 0 ? { type: 'keep', object, live } : { type: 'update', object, live, differences };
  });
  if (wanted.length === 0) return applied;
  const ids = new Set(wanted.map((object) => entryId(objectEntry(object))));
  const doomed = input.inventory
    .filter((entry) => !ids.has(entryId(entry)))
    .flatMap((entry) => {
      const live = input.live(entry);
      const ours = live !== undefined && (entry.uid === undefined || entry.uid === live.metadata.uid) && input.isOurs(live);
      return ours ? [{ type: 'delete', entry, live } as const] : [];
    })
    .sort((a, b) => compareForApply(b.live, a.live));
  return [...applied, ...doomed];
}

/** What a write would change: desired fields that differ, and fields applied before that are no longer desired. */
export function differencesOf(desired: KubeObject, live: KubeObject): readonly Difference[] {
  return [...drift(desired, live), ...withdrawn(desired, live)];
}
