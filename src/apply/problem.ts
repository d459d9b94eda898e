import { describe, type KubeObject } from '../../api/kube-object.ts';
import { isApiError } from '../kube/kube-api.ts';
import { type Action, type RetainReason, subject } from './action.ts';
import type { Difference } from './drift/drift.ts';
import { isImmutableError, mayBeRecreated } from './immutable.ts';
import type { Problem } from './result.ts';

/** The problem that an error of a write is. */
export function problemOf(action: Action, error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const about = describe(subject(action));
  if (action.type === 'delete') {
    const final = isApiError(error, 'Forbidden') || isApiError(error, 'Invalid');
    return { reason: 'PruneFailed', message: `${about}: not deleted, stays in the inventory: ${text}`, final };
  }
  if (isImmutableError(error)) return { reason: 'Immutable', message: `${about}: ${text}.${wayOut(action)}`, final: true };
  if (isApiError(error, 'Conflict') && error.body.causes.some(({ reason }) => reason === 'FieldManagerConflict')) {
    const fields = error.body.causes.map(({ field, message }) => `${field} (${message})`).join(', ');
    const todo = 'set spec.reconcile.conflicts to Force, or list the field in spec.reconcile.ignore';
    return { reason: 'FieldManagerConflict', message: `${about}: ${fields}; ${todo}`, final: true };
  }
  const final = isApiError(error, 'Invalid') || isApiError(error, 'Forbidden') || isApiError(error, 'BadRequest');
  return { reason: final ? 'ObjectRefused' : 'ApplyFailed', message: `${about}: ${text}`, final };
}

/** What a person can do about a field that cannot change. */
function wayOut(action: Action): string {
  const { kind, metadata } = subject(action);
  if (!mayBeRecreated(kind)) return ` ${kind} objects are never deleted by Duotel; set the field back, or delete the object yourself`;
  const orphan = action.type === 'update' && keepsPods(action) ? ' --cascade=orphan' : '';
  const namespace = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`;
  const command = `kubectl delete ${kind.toLowerCase()} ${metadata.name}${namespace}${orphan}`;
  return ` To have it so: ${command}; Duotel makes it again, or does both itself when spec.reconcile.immutable is Recreate`;
}

/** If only the claims' template must change, a StatefulSet's pods and claims can outlive it. */
export function keepsPods(action: Action & { readonly type: 'update' }): boolean {
  const immutable = action.differences.filter(
    ({ path, certain }) =>
      certain &&
      !/^(metadata|spec\.(template|replicas|updateStrategy|ordinals|minReadySeconds|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy))\b/.test(
        path,
      ),
  );
  return action.object.kind === 'StatefulSet' && immutable.every(({ path }) => path.startsWith('spec.volumeClaimTemplates'));
}

const RETAINED: Readonly<Record<RetainReason, string | undefined>> = {
  PruneDisabled: undefined,
  NamespaceInUse: undefined,
  Terminating: undefined,
  // The desired objects of that kind say why.
  Unreadable: undefined,
  PruneRefused: 'no longer rendered, but too much of the set would be deleted at once',
};

/** The problem of an action that writes nothing; undefined when it is none. */
export function standingProblem(action: Action, now: number): Problem | undefined {
  switch (action.type) {
    case 'wait': {
      const { deletionTimestamp = '', finalizers = [] } = action.live.metadata;
      const since = Math.max(0, Math.round((now - Date.parse(deletionTimestamp)) / 1000));
      const held = finalizers.length === 0 ? '' : `; it is held by ${finalizers.join(', ')}`;
      // To the minute, so that the message does not change at each look.
      const age = since < 60 ? '' : ` for ${Math.floor(since / 60)} min`;
      const message = `${describe(action.object)}: being deleted${age}${held}; it is made again when it is gone`;
      return { reason: 'Terminating', message, final: since > 120 };
    }
    case 'refuse': {
      const message = `${describe(action.object)}: not taken over: ${action.owner}; remove or rename it, or see spec.reconcile.adoption`;
      return { reason: 'ForeignOwner', message, final: true };
    }
    case 'keep':
      return unrepaired(action.object, action.tolerated);
    case 'retain': {
      const why = RETAINED[action.reason];
      return why === undefined ? undefined : { reason: 'PruneRefused', message: `${describe(subject(action))}: ${why}`, final: true };
    }
    case 'unread': {
      const { reason, message } = problemOf(action, action.error);
      return { reason: 'ApplyFailed', message: reason === 'ApplyFailed' ? message : `${message}; it could not be read`, final: false };
    }
    case 'create':
    case 'update':
    case 'delete':
    case 'pause':
      return undefined;
    default:
      return action satisfies never;
  }
}

/** The problem of the differences that stayed after our own write; undefined when none did. */
export function unrepaired(object: KubeObject, left: readonly Difference[]): Problem | undefined {
  const certain = left.filter((difference) => difference.certain);
  if (certain.length === 0) return undefined;
  // Paths only: not everybody who may read a status may read the value.
  const fields = certain.map(({ path }) => path).join(', ');
  const message = `${describe(object)}: our write did not set ${fields}: a mutating webhook or something like it rewrites the object on its way in. If that is right, list the field in spec.reconcile.ignore`;
  return { reason: 'DriftNotRepairable', message, final: true };
}
