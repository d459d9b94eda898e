import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { judgePods, nextLook, type RolloutProgress } from '../../../../src/inject/rollback/judge-rollout.ts';
import { rolloutState } from '../../../../src/inject/rollout/rollout-state.ts';
import { workload } from '../../../support/workloads/injection.ts';

const MINUTE = 60_000;
const PROGRESS: RolloutProgress = {
  state: { ...rolloutState(workload()), complete: false, failed: false },
  isTakenBack: false,
  deadlineMs: 10 * MINUTE,
  ageMs: MINUTE,
  completeForMs: undefined,
  checkedBeforeMs: 3000,
  lookMs: 3000,
};
const complete = { ...PROGRESS.state, complete: true };

function pod(name: string, status: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status };
}
const READY = pod('ready', { conditions: [{ type: 'Ready', status: 'True' }] });
const UNREADY = pod('unready', { conditions: [{ type: 'Ready', status: 'False' }] });
const CRASHING = pod('crashing', {
  containerStatuses: [
    {
      name: 'app',
      restartCount: 2,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { reason: 'Error', exitCode: 1 } },
    },
  ],
});

describe('a rollout that an injection has started', () => {
  it.each<[string, Partial<RolloutProgress>, object]>([
    ['is looked at when a look is due', {}, { kind: 'pods' }],
    ['is left alone until a look is due', { checkedBeforeMs: 1000 }, { kind: 'wait', ms: 2000 }],
    [
      'is looked at at once when its controller has given up',
      { checkedBeforeMs: 0, state: { ...PROGRESS.state, failed: true } },
      { kind: 'pods' },
    ],
    ['is nobody’s once it is taken back', { isTakenBack: true }, { kind: 'end' }],
    ['holds its place when nobody watches its pods', { deadlineMs: undefined }, { kind: 'wait', ms: 14 * MINUTE + 1 }],
    ['holds no place for longer than 15 minutes', { deadlineMs: undefined, ageMs: 15 * MINUTE + 1 }, { kind: 'end' }],
    ['holds no place when it is through', { deadlineMs: undefined, state: complete }, { kind: 'end' }],
    ['answers for 90 s after it is through', { state: complete, completeForMs: 30_000 }, { kind: 'wait', ms: 60_001 }],
    ['answers no longer than its deadline', { state: complete, completeForMs: 30_000, deadlineMs: 30_000 }, { kind: 'end' }],
    ['is looked at when a pod fails after it was through', { completeForMs: 30_000 }, { kind: 'pods' }],
  ])('%s', (_case, changed, look) => {
    expect(nextLook({ ...PROGRESS, ...changed })).toEqual(look);
  });

  it.each<[string, readonly KubeObject[], Partial<RolloutProgress>, object]>([
    [
      'is taken back when a pod crashes',
      [READY, CRASHING],
      {},
      { kind: 'failed', message: 'container app crashed 2 times: Error, exit code 1' },
    ],
    ['waits while its pods are young', [UNREADY], {}, { kind: 'wait', ms: 3000 }],
    [
      'is taken back when no pod is ready in time',
      [UNREADY],
      { ageMs: 10 * MINUTE },
      { kind: 'failed', message: 'none of 1 new pods was ready after 600 s' },
    ],
    ['is not taken back when one pod is ready in time', [UNREADY, READY], { ageMs: 10 * MINUTE }, { kind: 'end' }],
    ['is watched on after it was through', [UNREADY], { ageMs: 20 * MINUTE, completeForMs: 1000 }, { kind: 'wait', ms: 3000 }],
    [
      'is taken back when its controller has given up',
      [UNREADY],
      { state: { ...PROGRESS.state, failed: true } },
      { kind: 'failed', message: 'ProgressDeadlineExceeded: new pods did not become available' },
    ],
  ])('%s', (_case, pods, changed, found) => {
    expect(judgePods(workload(), pods, { ...PROGRESS, ...changed })).toEqual(found);
  });
});
