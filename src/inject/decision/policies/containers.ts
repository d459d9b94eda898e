import { policy } from '../policy.ts';

export const containersAreChosen = policy({
  requires: 'the containers that are named exist; or one container alone is no known sidecar',
  reasons: ['UnknownContainer', 'AmbiguousContainer', 'NoTargetContainer'],
  check: ({ targets }) => (targets?.kind === 'refused' ? { reason: targets.reason, message: targets.message, effect: 'leave' } : undefined),
});
