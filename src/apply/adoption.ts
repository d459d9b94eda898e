import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { entryId, objectEntry } from './inventory.ts';
import type { Policies } from './policies.ts';

const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** Who owns the live object, if it must not be taken over; undefined when it may be. See {@link Policies.adoption}. */
export function foreignOwner(
  desired: KubeObject,
  live: KubeObject,
  inventory: ReadonlyMap<string, InventoryEntry>,
  policies: Pick<Policies, 'adoption' | 'owner'>,
): string | undefined {
  const { labels = {}, ownerReferences = [], uid } = live.metadata;
  const { owner, adoption } = policies;
  const mark = owner === undefined ? undefined : labels[owner.label];
  if (owner !== undefined && mark === owner.value) return undefined;
  if (owner !== undefined && mark !== undefined) return `label ${owner.label} is ${mark}, expected ${owner.value}`;
  const known = inventory.get(entryId(objectEntry(desired)));
  if (known !== undefined && known.uid !== undefined && known.uid === uid) return undefined;
  const controller = ownerReferences.find((reference) => (reference as { controller?: boolean }).controller === true);
  if (controller !== undefined) return `its controller is ${controller.kind}/${controller.name}`;
  if (adoption === 'AdoptAll') return undefined;
  const tool = labels[MANAGED_BY];
  if (tool !== undefined && tool !== desired.metadata.labels?.[MANAGED_BY]) return `label ${MANAGED_BY} is ${tool}`;
  return adoption === 'MustMatch' ? 'it is there and was not made by this set, and the adoption policy is MustMatch' : undefined;
}
