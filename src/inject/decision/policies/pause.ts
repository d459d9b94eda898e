import { valueAt } from '../../../../api/value-at.ts';
import { policy } from '../policy.ts';

export const isNotPaused = policy({
  requires: 'the rollouts of the workload are not paused',
  reasons: ['WaitingPaused'],
  check: ({ workload, name }) =>
    valueAt(workload, ['spec', 'paused']) === true
      ? { reason: 'WaitingPaused', message: `${name} is paused: kubectl rollout resume`, effect: 'leave' }
      : undefined,
});
