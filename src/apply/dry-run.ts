import { isApiError } from '../kube/kube-api.ts';
import type { Action } from './action.ts';
import { isImmutableError, mayBeRecreated } from './immutable.ts';
import { pooled } from './pooled.ts';
import { problemOf } from './problem.ts';
import type { Problem } from './result.ts';
import { serverSideApply } from './server-side-apply.ts';
import { takenFrom } from './take-over.ts';
import type { WriteContext } from './write-context.ts';

type Write = Action & { readonly type: 'create' | 'update' };

/**
 * Asks the API server about every write of a stage before the first of them, and returns the problems by action. It costs a request an
 * object, so `Auto` asks only where a half-done stage could leave a running set in between: for two updates or more (ADR 14).
 */
export async function dryRun(context: WriteContext, writes: readonly Write[]): Promise<ReadonlyMap<Action, Problem>> {
  const problems = new Map<Action, Problem>();
  if (!isWorthIt(context, writes)) return problems;
  const force = context.policies.conflicts === 'Force';
  await pooled(writes, context.concurrency, async (action) => {
    try {
      await serverSideApply(context.api, action.type === 'create' ? action.object : action.sent, { force, dryRun: true });
    } catch (error) {
      if (!passes(context, action, error)) problems.set(action, problemOf(action, error));
    }
  });
  return problems;
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
 * Whether nobody but kubectl is against it, whose fields become ours before the write. The API server names the other manager in each cause:
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
