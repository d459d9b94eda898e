import { describe, type KubeObject } from '../../api/kube-object.ts';
import type { Action } from './action.ts';
import { normalForm } from './drift/normal-form.ts';
import { lookUp } from './look-up.ts';
import { keepsPods } from './problem.ts';
import type { Result } from './result.ts';
import { serverSideApply } from './server-side-apply.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Deletes the live object by UID, and makes it again when it is gone. If a finalizer holds it, a later pass finds it being deleted, and a
 * still later one finds it gone. Nothing is remembered in between, so a crash in the middle changes nothing. If only the claims' template
 * of a StatefulSet changes, its pods stay.
 */
export async function recreate(context: WriteContext, action: Action & { readonly type: 'update' }): Promise<Result> {
  const { api, waitMs, now, sleep } = context;
  const { object, live } = action;
  const type = await api.resourceType(object.apiVersion, object.kind);
  const { uid } = live.metadata;
  await api.delete(type, object.metadata, uid === undefined ? {} : { uid }, keepsPods(action) ? 'Orphan' : 'Background');
  for (let left: KubeObject | undefined, pause = 20, end = now() + waitMs; ; pause = Math.min(pause * 2, 1000)) {
    left = await lookUp(api, type, object.metadata);
    if (left === undefined || left.metadata.uid !== uid) break;
    if (now() >= end) {
      const held = (left.metadata.finalizers ?? []).join(', ');
      const message = `${describe(object)}: deleted to be made again, and not gone after ${waitMs / 1000} s${held && `: it is held by ${held}`}`;
      return { action, outcome: 'waiting', object: left, problem: { reason: 'Terminating', message, final: false } };
    }
    await sleep(pause);
  }
  return { action, outcome: 'recreated', object: await serverSideApply(api, normalForm(object), { force: true }) };
}
