import type { InventoryEntry } from '../api/inventory-entry.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { applySet } from '../src/apply/apply-set.ts';
import { sameInventory } from '../src/apply/inventory.ts';
import { ApplyMemory } from '../src/apply/memory.ts';
import type { KubeApi } from '../src/kube/kube-api.ts';

const FIELD_MANAGER = 'duotel';

export interface OurPass {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly objects: readonly KubeObject[];
  readonly inventory: readonly InventoryEntry[];
  readonly memory?: ApplyMemory;
  readonly live?: (entry: InventoryEntry) => KubeObject | undefined;
  readonly concurrency?: number;
}

/**
 * One pass of the operator's applier over one set, its inventory kept in a ConfigMap of the namespace: widened before the first write, exact
 * after the last. Returns the inventory. @throws Error with the first object that was not applied.
 */
export async function ourPass(pass: OurPass): Promise<readonly InventoryEntry[]> {
  const { api, namespace, objects, inventory, memory = new ApplyMemory(() => performance.now()), live, concurrency } = pass;
  let stored = inventory;
  const store = async (entries: readonly InventoryEntry[]): Promise<void> => {
    const type = await api.resourceType('v1', 'ConfigMap');
    const metadata = { name: 'inventory', namespace };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { inventory: JSON.stringify(entries) } };
    await api.patch(type, metadata, 'application/apply-patch+yaml', body, { fieldManager: FIELD_MANAGER, force: true });
    stored = entries;
  };
  const result = await applySet({
    api,
    desired: objects,
    inventory,
    memory,
    record: store,
    ...(live !== undefined && { live }),
    ...(concurrency !== undefined && { concurrency }),
  });
  const failed = result.results.find(({ problem }) => problem !== undefined);
  if (failed !== undefined) throw new Error(`not applied: ${failed.problem?.message}`);
  if (!sameInventory(stored, result.inventory)) await store(result.inventory);
  return result.inventory;
}
