import type { Condition } from './condition.ts';
import type { InventoryEntry } from './inventory-entry.ts';
import type { KubeObject } from './kube-object.ts';

export interface ComponentLine {
  readonly name: string;
  readonly ready: boolean;
  readonly message: string;
  /** RFC 3339: since when it is not ready. */
  readonly since?: string;
}

export interface WorkloadCounts {
  readonly injected: number;
  readonly pending: number;
  readonly blocked: number;
  readonly reverted: number;
}

/** `.status` of a TelemetryStack. */
export interface StackStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly components: readonly ComponentLine[];
  readonly inventory: readonly InventoryEntry[];
  /** Names of the ConfigMaps that hold the inventory when it is too large for the status; empty otherwise. */
  readonly inventoryConfigMaps?: readonly string[];
  /** Digest of the objects that were last applied without an error, and the generation that they were made from. */
  readonly lastAppliedDigest?: string;
  readonly lastAppliedGeneration?: number;
  /** Value of the annotation `duotel.io/reconcile-at` that was last acted on. */
  readonly lastHandledReconcileAt?: string;
  readonly workloads: WorkloadCounts;
}

export function statusOf(stack: KubeObject): Partial<StackStatus> {
  return (stack['status'] ?? {}) as Partial<StackStatus>;
}
