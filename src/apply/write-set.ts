import { describe, type KubeObject } from '../../api/kube-object.ts';
import { type Action, subject } from './action.ts';
import { dependencies } from './dependencies.ts';
import { health } from './health.ts';
import { entryId, objectEntry } from './inventory.ts';
import { lookUp } from './look-up.ts';
import { inWaves, isFoundation } from './order.ts';
import { pooled } from './pooled.ts';
import { isSettled, rehearse } from './rehearse.ts';
import type { Problem, Result } from './result.ts';
import { write } from './write.ts';
import type { WriteContext } from './write-context.ts';

type Pruning = Action & { readonly type: 'delete' | 'retain' };
type Applying = Exclude<Action, Pruning>;

/**
 * Carries out a plan. First the foundation (CRDs, Namespaces, ClusterRoles). When it stands, the rest, wave by wave, the objects of a wave
 * at the same time. Deletions come last, in reverse. If an object fails, those that need it wait, and all others go on.
 */
export async function writeSet(context: WriteContext, actions: readonly Action[]): Promise<readonly Result[]> {
  const results = new Map<Action, Result>();
  const applying = actions.filter((action): action is Applying => action.type !== 'delete' && action.type !== 'retain');
  const pruning = actions.filter((action): action is Pruning => action.type === 'delete' || action.type === 'retain');
  const set = applying.map(({ object }) => object);
  for (const stage of [true, false]) {
    await writeStage(
      context,
      applying.filter(({ object }) => isFoundation(object.kind) === stage),
      set,
      results,
    );
  }
  const failed = applying.flatMap((action) =>
    results.get(action)?.problem === undefined || !('live' in action) ? [] : (action.live ?? []),
  );
  for (const wave of [...inWaves(pruning, (action) => subject(action).kind)].reverse()) {
    const done = await pooled(wave, context.concurrency, (action) => prune(context, action, failed));
    for (const [index, action] of wave.entries()) results.set(action, done[index] as Result);
  }
  return actions.flatMap((action) => results.get(action) ?? []);
}

async function writeStage(
  context: WriteContext,
  stage: readonly Applying[],
  set: readonly KubeObject[],
  results: Map<Action, Result>,
): Promise<void> {
  const writes = stage.filter((action) => action.type === 'create' || action.type === 'update');
  const rehearsed = await rehearse(context, writes);
  const refused = (action: Action): Problem | undefined => {
    const rehearsal = rehearsed.get(action);
    return rehearsal !== undefined && 'problem' in rehearsal ? rehearsal.problem : undefined;
  };
  const blocked =
    writes.some((action) => refused(action) !== undefined) || stage.some(({ type }) => type === 'refuse' || type === 'unread');
  const stopped = blocked && context.policies.errors === 'AllOrNothing';
  for (const wave of inWaves(stage, ({ object }) => object.kind)) {
    const done = await pooled(wave, context.concurrency, async (action): Promise<Result> => {
      if (action.type === 'update' && isSettled(rehearsed.get(action))) return write(context, asKept(action));
      const problem = refused(action) ?? heldBack(action, set, results, stopped);
      if (problem !== undefined && writes.some((one) => one === action)) return { action, outcome: 'failed', problem };
      return established(context, await write(context, action));
    });
    // By the planned action: if a create found the object there, its result names another action.
    for (const [index, action] of wave.entries()) results.set(action, done[index] as Result);
  }
}

/** An update that would change nothing. */
function asKept({ object, live, differences }: Action & { readonly type: 'update' }): Action {
  return { type: 'keep', object, live, tolerated: differences };
}

/** Why the object has to wait for others; undefined when it need not. */
function heldBack(
  { object }: Applying,
  set: readonly KubeObject[],
  results: ReadonlyMap<Action, Result>,
  stopped: boolean,
): Problem | undefined {
  const wait = (why: string): Problem => ({ reason: 'HeldBack', message: `${describe(object)}: not written: ${why}`, final: false });
  if (stopped) return wait('another object of its stage is refused, and the policy is AllOrNothing');
  const missing = [...results.values()].filter(
    ({ outcome, action }) => outcome === 'failed' || outcome === 'refused' || (outcome === 'waiting' && !isThere(action)),
  );
  if (missing.length === 0) return undefined;
  const needs = new Set(dependencies(object, set));
  const found = missing.filter(({ action }) => 'object' in action && needs.has(entryId(objectEntry(action.object))));
  return found.length === 0 ? undefined : wait(`it needs ${found.map(({ action }) => describe(subject(action))).join(', ')}`);
}

/** These wait for a later write, and can be used all the same: somebody else has set them. */
function isThere(action: Action): boolean {
  return action.type === 'pause' && action.live !== undefined;
}

/** A CRD serves its kind, and a Namespace takes objects, a moment after it is written. */
async function established(context: WriteContext, result: Result): Promise<Result> {
  if (result.outcome !== 'created' && result.outcome !== 'updated' && result.outcome !== 'recreated') return result;
  if (result.object?.kind !== 'CustomResourceDefinition') return result;
  const { api, now, sleep, waitMs } = context;
  const type = await api.resourceType(result.object.apiVersion, result.object.kind);
  for (let live: KubeObject | undefined = result.object, end = now() + waitMs; ; live = await lookUp(api, type, result.object.metadata)) {
    if (live !== undefined && health(live).status === 'Current') return { ...result, object: live };
    if (now() >= end) {
      const message = `${describe(result.object)}: not established after ${waitMs / 1000} s: ${live === undefined ? 'it is gone' : health(live).message}`;
      return { ...result, outcome: 'failed', problem: { reason: 'ApplyFailed', message, final: false } };
    }
    await sleep(50);
  }
}

/** If an object could not be changed, what it still refers to is not deleted. */
async function prune(context: WriteContext, action: Pruning, failed: readonly KubeObject[]): Promise<Result> {
  if (action.type === 'retain') return write(context, action);
  const user = failed.find((live) => dependencies(live, [action.live]).length > 0);
  if (user === undefined) return write(context, action);
  const message = `${describe(subject(action))}: not deleted yet: ${describe(user)} needs it, and could not be changed`;
  return { action, outcome: 'retained', object: action.live, problem: { reason: 'HeldBack', message, final: false } };
}
