import { createHash } from 'node:crypto';
import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, objectLabels } from '../../api/names.ts';
import { type StackStatus, statusOf } from '../../api/stack-status.ts';
import { lookUp } from '../apply/look-up.ts';
import type { KubeApi } from '../kube/kube-api.ts';

/** Marks the ConfigMaps that hold a part of a stack's inventory; the value is the stack's name. */
export const INVENTORY_LABEL = 'duotel.io/inventory';
/** Bytes of JSON that the status may hold. An object of etcd has 1.5 MB at most, and each watcher gets the whole status at each change. */
const INLINE_LIMIT = 64 * 1024;
const CHUNK = 1000;

/** Where a stack's inventory is: in its status, or in the ConfigMaps that the status names. */
export type StoredInventory = Pick<StackStatus, 'inventory' | 'inventoryConfigMaps'>;

/**
 * Reads the inventory of a stack.
 * @throws Error when a ConfigMap that the status names is gone or spoilt: without it, nobody knows what to prune.
 */
export async function readInventory(api: KubeApi, stack: KubeObject): Promise<readonly InventoryEntry[]> {
  const { inventory = [], inventoryConfigMaps = [] } = statusOf(stack);
  if (inventoryConfigMaps.length === 0) return inventory;
  const { namespace = '' } = stack.metadata;
  const type = await api.resourceType('v1', 'ConfigMap');
  const parts = await Promise.all(
    inventoryConfigMaps.map(async (name) => {
      const text = ((await lookUp(api, type, { namespace, name }))?.['data'] as { entries?: string } | undefined)?.entries;
      if (text === undefined || chunkName(stack.metadata.name, text) !== name) {
        throw new Error(
          `ConfigMap/${namespace}/${name}: expected the part of the inventory that the status names, found none; restore it, or remove status.inventoryConfigMaps to start anew with what carries the stack's labels`,
        );
      }
      return JSON.parse(text) as readonly InventoryEntry[];
    }),
  );
  return parts.flat();
}

/**
 * Puts an inventory where it fits, and returns what the status must say. ConfigMaps are named by their content and never change. The status
 * is written after them, so it moves from the old set to the new one in a single write.
 */
export async function storeInventory(
  api: KubeApi,
  stack: KubeObject,
  entries: readonly InventoryEntry[],
  limit: number = INLINE_LIMIT,
): Promise<StoredInventory> {
  if (JSON.stringify(entries).length <= limit) return { inventory: entries, inventoryConfigMaps: [] };
  const { name, namespace = '' } = stack.metadata;
  const known = new Set(statusOf(stack).inventoryConfigMaps);
  const names: string[] = [];
  for (let start = 0; start < entries.length; start += CHUNK) {
    const text = JSON.stringify(entries.slice(start, start + CHUNK));
    const chunk = chunkName(name, text);
    names.push(chunk);
    if (known.has(chunk)) continue;
    const labels = { ...objectLabels(name), [INVENTORY_LABEL]: name };
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: chunk, namespace, labels },
      immutable: true,
      data: { entries: text },
    };
    const type = await api.resourceType('v1', 'ConfigMap');
    await api.patch(type, object.metadata, 'application/apply-patch+yaml', object, { fieldManager: FIELD_MANAGER, force: true });
  }
  return { inventory: [], inventoryConfigMaps: names };
}

/** Deletes the parts that the status no longer names. */
export async function collectInventory(
  api: KubeApi,
  configMaps: readonly KubeObject[],
  stack: string,
  named: readonly string[],
): Promise<void> {
  const type = await api.resourceType('v1', 'ConfigMap');
  for (const { metadata } of configMaps) {
    if (metadata.labels?.[INVENTORY_LABEL] !== stack || named.includes(metadata.name)) continue;
    await api.delete(type, metadata, metadata.uid === undefined ? {} : { uid: metadata.uid });
  }
}

function chunkName(stack: string, text: string): string {
  return `${stack}-inventory-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
