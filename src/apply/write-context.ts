import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { Policies } from './policies.ts';

/** What every write of a pass needs. */
export interface WriteContext {
  readonly api: KubeApi;
  readonly policies: Policies;
  /** By identity. */
  readonly inventory: ReadonlyMap<string, InventoryEntry>;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Milliseconds that a pass waits for an object to be gone or established. */
  readonly waitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}
