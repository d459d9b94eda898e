import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { type Action, type RetainReason, subject } from './action.ts';
import { foreignOwner } from './adoption.ts';
import { type Difference, drift } from './drift/drift.ts';
import { withIgnored } from './drift/ignore.ts';
import { isOurApply } from './drift/managed-fields.ts';
import { normalForm, withoutStringData } from './drift/normal-form.ts';
import { withdrawn } from './drift/withdrawn.ts';
import { entryId, objectEntry } from './inventory.ts';
import { compareForApply } from './order.ts';
import { DEFAULT_POLICIES, type Policies } from './policies.ts';

/** What earlier passes have learnt; see ApplyMemory. */
export interface Experience {
  /** Whether the API server's last answer to these bytes shows the difference as well. */
  tolerates(object: KubeObject, difference: Difference): boolean;
  /** Milliseconds for which the object is not to be written again; 0: it may be. */
  pause(object: KubeObject): number;
}

export interface PlanInput {
  readonly desired: readonly KubeObject[];
  /** The live object of that identity. Throws when it could not be read: then it stays as it is. */
  readonly live: (entry: InventoryEntry) => KubeObject | undefined;
  /** The objects that earlier passes recorded. Only these are ever deleted. */
  readonly inventory: readonly InventoryEntry[];
  readonly policies?: Partial<Policies>;
  readonly experience?: Experience;
}

/** On a live object: it stays although it is no longer wanted. */
const PRUNE_ANNOTATION = 'duotel.io/prune';

/**
 * The steps from the live objects to the desired ones. First an action for each desired object in apply order, then one for each object of
 * the inventory that is no longer wanted and still there, in reverse. Pure; the order of the input does not matter.
 */
export function plan(input: PlanInput): readonly Action[] {
  const policies = { ...DEFAULT_POLICIES, ...input.policies };
  const known = new Map(input.inventory.map((entry) => [entryId(entry), entry]));
  const wanted = input.desired.map(withoutStringData).sort(compareForApply);
  const applied = wanted.map((object): Action => {
    const found = look(input, objectEntry(object));
    if ('error' in found) return { type: 'unread', object, error: found.error };
    return decide(object, found.live, known, policies, input.experience);
  });
  return [...applied, ...prune(wanted, input, policies)];
}

function look(input: PlanInput, entry: InventoryEntry): { readonly live: KubeObject | undefined } | { readonly error: unknown } {
  try {
    return { live: input.live(entry) };
  } catch (error) {
    return { error };
  }
}

/** What to do with one desired object. */
export function decide(
  object: KubeObject,
  live: KubeObject | undefined,
  inventory: ReadonlyMap<string, InventoryEntry>,
  policies: Policies,
  experience?: Experience,
): Action {
  const ms = experience?.pause(object) ?? 0;
  if (live === undefined) return ms > 0 ? { type: 'pause', object, differences: [], ms } : { type: 'create', object };
  const owner = foreignOwner(object, live, inventory, policies);
  if (owner !== undefined) return { type: 'refuse', object, live, owner };
  if (live.metadata.deletionTimestamp !== undefined) return { type: 'wait', object, live };
  const wanted = withIgnored(object, live, policies.ignore);
  const all = differencesOf(wanted, live);
  const differences = all.filter((difference) => !experience?.tolerates(object, difference));
  if (differences.length === 0) return { type: 'keep', object, live, tolerated: all };
  if (ms > 0) return { type: 'pause', object, live, differences, ms };
  const certain = differences.some((difference) => difference.certain);
  return { type: 'update', object, sent: normalForm(wanted, live), live, differences, certain };
}

/** What a write would change: desired fields that differ, and fields that were applied before and are no longer desired. */
export function differencesOf(desired: KubeObject, live: KubeObject): readonly Difference[] {
  return [...drift(desired, live), ...withdrawn(desired, live)];
}

/**
 * Nothing is deleted when nothing is desired, or when as much of the inventory would go as a faulty render would take: that is a fault, not
 * a wish.
 */
function prune(wanted: readonly KubeObject[], input: PlanInput, policies: Policies): readonly Action[] {
  const ids = new Set(wanted.map((object) => entryId(objectEntry(object))));
  const surplus = input.inventory.filter((entry) => !ids.has(entryId(entry)));
  const { pruneShare } = policies;
  const isFault = pruneShare < 1 && surplus.length >= input.inventory.length * pruneShare;
  const refused = wanted.length === 0 || isFault;
  const namespaces = new Set(wanted.map(({ metadata }) => metadata.namespace));
  const reasonToStay = (live: KubeObject): RetainReason | undefined => {
    if (live.metadata.deletionTimestamp !== undefined) return 'Terminating';
    if (mayStay(live)) return 'PruneDisabled';
    if (live.kind === 'Namespace' && namespaces.has(live.metadata.name)) return 'NamespaceInUse';
    return refused ? 'PruneRefused' : undefined;
  };
  return surplus
    .flatMap((entry): readonly Action[] => {
      const found = look(input, entry);
      if ('error' in found) return [{ type: 'retain', entry, reason: 'Unreadable' }];
      const { live } = found;
      if (live === undefined || !isOurs(entry, live, policies.owner)) return [];
      const reason = reasonToStay(live);
      return [reason === undefined ? { type: 'delete', entry, live } : { type: 'retain', entry, live, reason }];
    })
    .sort((a, b) => compareForApply(subject(b), subject(a)));
}

/** The live object that the entry means, if it still carries our label. If we know no UID of it, our own apply entry tells. */
export function isOurs(entry: InventoryEntry, live: KubeObject, owner: Policies['owner']): boolean {
  if (owner !== undefined && live.metadata.labels?.[owner.label] !== owner.value) return false;
  if (entry.uid !== undefined) return entry.uid === live.metadata.uid;
  return owner !== undefined || (live.metadata.managedFields ?? []).some(isOurApply);
}

/** Whether somebody has marked the object to stay. */
export function mayStay(live: KubeObject): boolean {
  return live.metadata.annotations?.[PRUNE_ANNOTATION] === 'disabled';
}
