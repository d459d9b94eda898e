import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import type { Difference } from './drift/drift.ts';

/** Why an object that is no longer wanted stays for now. */
export type RetainReason = 'PruneDisabled' | 'PruneRefused' | 'NamespaceInUse' | 'Terminating' | 'Unreadable';

/**
 * One step. `object` is what is wanted; `sent` what a write sends: `object` with ignored fields as they are live, in normal form.
 * An update that is not `certain` is a question first: no difference says that the API server itself did not make it so.
 */
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
  /** `tolerated`: differences that the API server's answer to these very bytes shows as well. */
  | { readonly type: 'keep'; readonly object: KubeObject; readonly live: KubeObject; readonly tolerated: readonly Difference[] }
  /** It is being deleted; it is made again when it is gone. */
  | { readonly type: 'wait'; readonly object: KubeObject; readonly live: KubeObject }
  /** What is there could not be read, so nothing is decided. */
  | { readonly type: 'unread'; readonly object: KubeObject; readonly error: unknown }
  /** It is somebody else's: `owner` says whose. */
  | { readonly type: 'refuse'; readonly object: KubeObject; readonly live: KubeObject; readonly owner: string }
  /** It differs, or is gone (no `live`), and is not written for `ms` milliseconds, because others change or delete it each time. */
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
