import type { KubeObject } from '../../api/kube-object.ts';
import { isApiError } from '../kube/kube-api.ts';
import type { Action } from './action.ts';
import { normalForm } from './drift/normal-form.ts';
import { isImmutableError, mayBeRecreated } from './immutable.ts';
import { lookUp } from './look-up.ts';
import { decide, isOurs, mayStay } from './plan.ts';
import { problemOf, standingProblem } from './problem.ts';
import { recreate } from './recreate.ts';
import type { Result } from './result.ts';
import { serverSideApply } from './server-side-apply.ts';
import { takeOver } from './take-over.ts';
import type { WriteContext } from './write-context.ts';

/** Carries out one action. Never rejects: an error becomes the result's problem. */
export async function write(context: WriteContext, action: Action): Promise<Result> {
  try {
    switch (action.type) {
      case 'create':
        return await create(context, action);
      case 'update':
        return await update(context, action);
      case 'delete':
        return await remove(context, action);
      case 'unread':
      case 'keep':
      case 'wait':
      case 'refuse':
      case 'pause':
      case 'retain':
        return standing(context, action);
      default:
        return action satisfies never;
    }
  } catch (error) {
    return { action, outcome: 'failed', problem: problemOf(action, error) };
  }
}

const OUTCOMES = { unread: 'failed', keep: 'unchanged', wait: 'waiting', refuse: 'refused', pause: 'waiting', retain: 'retained' } as const;

/** The result of an action that writes nothing. */
function standing({ now }: WriteContext, action: Action & { readonly type: keyof typeof OUTCOMES }): Result {
  const problem = standingProblem(action, now());
  return {
    action,
    outcome: OUTCOMES[action.type],
    ...('live' in action && action.live && { object: action.live }),
    ...(problem !== undefined && { problem }),
  };
}

/**
 * An object that we do not see may be there all the same: the cache lags, or holds only objects with our label. Without force, the API
 * server refuses when others hold its fields. Then the action is decided again, on the object as it is.
 */
async function create(context: WriteContext, action: Action & { readonly type: 'create' }): Promise<Result> {
  const { object } = action;
  try {
    return { action, outcome: 'created', object: await serverSideApply(context.api, normalForm(object), { force: false }) };
  } catch (error) {
    if (!isApiError(error, 'Conflict')) throw error;
    const type = await context.api.resourceType(object.apiVersion, object.kind);
    const live = await lookUp(context.api, type, object.metadata);
    const next = decide(object, live, context.inventory, context.policies);
    if (next.type === 'create') throw error;
    return write(context, next);
  }
}

async function update(context: WriteContext, action: Action & { readonly type: 'update' }): Promise<Result> {
  const { api, policies } = context;
  try {
    await takeOver(api, action.live);
    return { action, outcome: 'updated', object: await serverSideApply(api, action.sent, { force: policies.conflicts === 'Force' }) };
  } catch (error) {
    if (policies.immutable !== 'Recreate' || !isImmutableError(error) || !mayBeRecreated(action.object.kind)) throw error;
    return recreate(context, action);
  }
}

/** Names the UID and version that we looked at. If the object has changed since, we look once more. */
async function remove({ api, policies }: WriteContext, action: Action & { readonly type: 'delete' }): Promise<Result> {
  const { entry } = action;
  const type = await api.resourceType(entry.apiVersion, entry.kind);
  let live: KubeObject | undefined = action.live;
  for (let tries = 1; live !== undefined; tries += 1) {
    const { uid, resourceVersion } = live.metadata;
    try {
      await api.delete(type, entry, { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) });
      return { action, outcome: 'deleted' };
    } catch (error) {
      if (!isApiError(error, 'Conflict') || tries === 3) throw error;
      live = await lookUp(api, type, entry);
      if (live !== undefined && (!isOurs(entry, live, policies.owner) || mayStay(live))) break;
    }
  }
  return { action, outcome: live === undefined ? 'deleted' : 'retained' };
}
