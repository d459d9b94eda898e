import type { IgnoreRule } from './drift/ignore.ts';

/** What a pass may do, and what it must leave alone. {@link DEFAULT_POLICIES} holds the defaults. */
export interface Policies {
  /** The label that marks the objects of this set, when they carry one. An object that has lost it is no longer pruned. */
  readonly owner?: { readonly label: string; readonly value: string };
  /**
   * Which live objects that this set did not make it may take over.
   * An object is *ours* when it carries our `owner` label, or the inventory names it with its UID.
   * It has *another owner* when it carries the `owner` label with another value, a controller's ownerReference, or another
   * `app.kubernetes.io/managed-by` than the desired object. Otherwise nobody owns it.
   * - `MustMatch`: only ours.
   * - `AdoptIfUnowned`: ours, and what nobody owns.
   * - `AdoptAll`: those and what another tool's `managed-by` marks; never another set's or a controller's, which would write it again.
   */
  readonly adoption: 'AdoptAll' | 'AdoptIfUnowned' | 'MustMatch';
  /** What to do with a change of a field that the API server says is immutable. `Recreate` deletes the object and makes it again. */
  readonly immutable: 'Stall' | 'Recreate';
  /** Fields that another manager has set: `Force` takes them, `Report` leaves them and fails with `FieldManagerConflict`. */
  readonly conflicts: 'Force' | 'Report';
  /** `Isolate`: an object that is refused fails alone. `AllOrNothing`: nothing of its stage is written. */
  readonly errors: 'Isolate' | 'AllOrNothing';
  /** When the API server is asked what it would say before the first write of a stage. `Auto`: for two updates or more (ADR 14). */
  readonly dryRun: 'Auto' | 'Always' | 'Never';
  /** Fields that are neither compared nor changed. */
  readonly ignore: readonly IgnoreRule[];
  /** A render that lost this share of the inventory or more, 0 to 1, is taken for a fault; 1: only one that lost everything. */
  readonly pruneShare: number;
}

export const DEFAULT_POLICIES: Policies = {
  adoption: 'AdoptIfUnowned',
  immutable: 'Stall',
  conflicts: 'Force',
  errors: 'Isolate',
  dryRun: 'Auto',
  ignore: [],
  pruneShare: 1,
};
