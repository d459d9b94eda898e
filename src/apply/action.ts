import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import type { Difference } from './drift/drift.ts';

/** Why an object stays for now although it is no longer wanted. */
export type RetainReason = 'PruneDisabled' | 'PruneRefused' | 'NamespaceInUse' | 'Terminating' | 'Unreadable';

/** One step. `object` is the desired object. `sent` is what a write sends: `object`, with ignored fields as they are live. */
export type Action =
  | { readonly type: 'create'; readonly object: KubeObject }
  | {
      readonly type: 'update';
      readonly object: KubeObject;
      readonly sent: KubeObject;
      readonly live: KubeObject;
      readonly differences: readonly Difference[];
      readonly certain: boolean;
    }
  /** `tolerated`: differences that an earlier write of the same bytes did not remove. */
  | { readonly type: 'keep'; readonly object: KubeObject; readonly live: KubeObject; readonly tolerated: readonly Difference[] }
  /** The live object is being deleted. It is made again when it is gone. */
  | { readonly type: 'wait'; readonly object: KubeObject; readonly live: KubeObject }
  /** The live object could not be read, so nothing is decided. */
  | { readonly type: 'unread'; readonly object: KubeObject; readonly error: unknown }
  /** It is somebody else's: `owner` says whose. */
  | { readonly type: 'refuse'; readonly object: KubeObject; readonly live: KubeObject; readonly owner: string }
  /** The object differs, or is gone (no `live`). It is not written for `ms` milliseconds, because others change or delete it each time. */
  | {
      readonly type: 'pause';
      readonly object: KubeObject;
      readonly live?: KubeObject;
      readonly differences: readonly Difference[];
      readonly ms: number;
    }
  | { readonly type: 'delete'; readonly entry: InventoryEntry; readonly live: KubeObject }
  /** `live`: absent when it could not be read. */
  | { readonly type: 'retain'; readonly entry: InventoryEntry; readonly live?: KubeObject; readonly reason: RetainReason };

/** The kind and identity of what an action is about. */
export function subject(action: Action): Pick<KubeObject, 'kind' | 'metadata'> {
  if ('object' in action) return action.object;
  const { kind, name, namespace } = action.entry;
  return { kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
}
