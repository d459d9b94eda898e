import type { IgnoreRule } from './drift/ignore.ts';

/** What a pass may do, and what it must leave alone. {@link DEFAULT_POLICIES} holds the defaults. */
export interface Policies {
  /** The label that marks the objects of this set, when they carry one. If an object has lost it, it is no longer pruned. */
  readonly owner?: { readonly label: string; readonly value: string };
  /**
   * Which live objects the set may take over although it did not make them. An object is *ours* when it carries our `owner` label, or the
   * inventory names it with its UID. It has *another owner* when it carries the `owner` label with another value, a controller's
   * ownerReference, or another `app.kubernetes.io/managed-by` than the desired object. Otherwise nobody owns it.
   * - `MustMatch`: only ours.
   * - `AdoptIfUnowned`: ours, and those that nobody owns.
   * - `AdoptAll`: also those that another tool's `managed-by` marks. Never those of another set or a controller, which would write them
   *   again.
   */
  readonly adoption: 'AdoptAll' | 'AdoptIfUnowned' | 'MustMatch';
  /** What to do when the API server says that a field is immutable. `Recreate` deletes the object and makes it again. */
  readonly immutable: 'Stall' | 'Recreate';
  /** Fields that another manager has set: `Force` takes them, `Report` leaves them and fails with `FieldManagerConflict`. */
  readonly conflicts: 'Force' | 'Report';
  /** `Isolate`: if an object is refused, it fails alone. `AllOrNothing`: nothing of its stage is written. */
  readonly errors: 'Isolate' | 'AllOrNothing';
  /** When a dry run comes before the first write of a stage. `Auto`: for two updates or more (ADR 14). */
  readonly dryRun: 'Auto' | 'Always' | 'Never';
  /** Fields that are neither compared nor changed. */
  readonly ignore: readonly IgnoreRule[];
  /** If a render lost this share of the inventory or more (0 to 1), it counts as faulty. 1: only if it lost everything. */
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
