import type { KubeObject } from '../../api/kube-object.ts';
import { isApiError } from '../kube/kube-api.ts';
import type { Action } from './action.ts';
import { drift, isSameDifference } from './drift/drift.ts';
import { FieldTree } from './drift/field-tree.ts';
import { normalForm } from './drift/normal-form.ts';
import { isImmutableError, mayBeRecreated } from './immutable.ts';
import { pooled } from './pooled.ts';
import { problemOf } from './problem.ts';
import type { Problem } from './result.ts';
import { serverSideApply } from './server-side-apply.ts';
import { takenFrom } from './take-over.ts';
import type { WriteContext } from './write-context.ts';

type Write = Action & { readonly type: 'create' | 'update' };

/** The API server's answer to a write that is not carried out: why not, or whether the object would be another one after it. */
export type Rehearsal = { readonly problem: Problem } | { readonly wouldChange: boolean };

/**
 * Asks the API server about writes of a stage before the first of them. It asks about an uncertain update in any case: only the server
 * knows what it makes of our bytes. To ask about all writes costs a request an object. So `Auto` does that only where a half-done stage
 * could leave a running set between two states: for two updates or more (ADR 14).
 */
export async function rehearse(context: WriteContext, writes: readonly Write[]): Promise<ReadonlyMap<Action, Rehearsal>> {
  const rehearsed = new Map<Action, Rehearsal>();
  const ask = (some: readonly Write[], force: boolean): Promise<unknown> =>
    pooled(some, context.concurrency, async (action) => {
      try {
        const object = action.type === 'create' ? normalForm(action.object) : action.sent;
        const answer = await serverSideApply(context.api, object, { force, dryRun: true });
        rehearsed.set(action, { wouldChange: action.type === 'create' || wouldChange(action, answer) });
      } catch (error) {
        if (!passes(context, action, error)) rehearsed.set(action, { problem: problemOf(action, error) });
      }
    });
  // By force: the question is how the object would be, not who owns its fields.
  await ask(writes.filter(isDoubtful), true);
  const real = writes.filter((action) => !isSettled(rehearsed.get(action)));
  if (isWorthIt(context, real))
    await ask(
      real.filter((action) => !rehearsed.has(action)),
      context.policies.conflicts === 'Force',
    );
  return rehearsed;
}

/** Whether the object is already what the write would make of it. */
export function isSettled(rehearsal: Rehearsal | undefined): boolean {
  return rehearsal !== undefined && 'wouldChange' in rehearsal && !rehearsal.wouldChange;
}

function isDoubtful(action: Write): boolean {
  return action.type === 'update' && !action.certain;
}

/** Whether the answer lacks a difference that the live object has. If it is about another object of the same name, it says nothing. */
function wouldChange({ sent, live, differences }: Write & { readonly type: 'update' }, answer: KubeObject): boolean {
  if (answer.metadata.uid !== live.metadata.uid) return true;
  const stay = drift(sent, answer, FieldTree.of(live));
  return !differences.every((difference) => stay.some((other) => isSameDifference(other, difference)));
}

function isWorthIt({ policies }: WriteContext, writes: readonly Write[]): boolean {
  if (policies.dryRun === 'Always' || policies.errors === 'AllOrNothing') return writes.length > 0;
  return policies.dryRun === 'Auto' && writes.filter(({ type }) => type === 'update').length >= 2;
}

/** Errors that say nothing against the write itself. */
function passes({ policies }: WriteContext, action: Write, error: unknown): boolean {
  if (isImmutableError(error)) return policies.immutable === 'Recreate' && mayBeRecreated(action.object.kind);
  if (isTakenOver(action, error)) return true;
  // A webhook with side effects cannot be asked.
  return isApiError(error, 'BadRequest') && /dry.?run/i.test(error.message);
}

/**
 * Whether only kubectl is against the write. Its fields become ours before the write. The API server names the other manager in each cause:
 * `conflict with "kubectl-client-side-apply" using v1 at ...`.
 */
function isTakenOver(action: Write, error: unknown): boolean {
  if (action.type !== 'update' || !isApiError(error, 'Conflict') || error.body.causes.length === 0) return false;
  const kubectl = takenFrom(action.live.metadata.managedFields ?? []);
  if (kubectl === undefined) return false;
  const rival = `conflict with ${JSON.stringify(kubectl)}`;
  return error.body.causes.every(
    ({ reason, message = '' }) =>
      reason === 'FieldManagerConflict' && (message === rival || (message.startsWith(`${rival} using`) && kubectl !== 'kubectl')),
  );
}
