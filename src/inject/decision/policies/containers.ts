import { policy } from '../policy.ts';

export const containersAreChosen = policy({
  requires: 'every named container exists; or, if none is named, exactly one container is not a known sidecar',
  reasons: ['UnknownContainer', 'AmbiguousContainer', 'NoTargetContainer'],
  check: ({ targets }) => (targets?.kind === 'refused' ? { reason: targets.reason, message: targets.message, effect: 'leave' } : undefined),
});
