import type { InventoryEntry } from '../../api/inventory-entry.ts';
import { entryId, objectEntry, union } from './inventory.ts';
import type { Result } from './result.ts';

/**
 * The inventory after a pass. It names what was made, and what could not be made: that may be there all the same, if only the answer was
 * lost. It names what could not be deleted or is not gone yet. It does not name objects of somebody else.
 */
export function keptAfter(before: readonly InventoryEntry[], results: readonly Result[]): readonly InventoryEntry[] {
  const known = new Map(before.map((entry) => [entryId(entry), entry]));
  const kept = results.flatMap(({ action, outcome, object }): readonly InventoryEntry[] => {
    if (action.type === 'delete' || action.type === 'retain') {
      const held = (action.live?.metadata.finalizers ?? []).length > 0;
      return outcome === 'deleted' && !held ? [] : [action.entry];
    }
    const old = known.get(entryId(objectEntry(action.object)));
    if (outcome === 'refused') return [];
    if (object !== undefined) return [objectEntry(object)];
    return old === undefined ? [] : [old];
  });
  return union([], kept);
}
