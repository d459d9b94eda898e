import { policy } from '../policy.ts';

export const namesAreFree = policy({
  requires: 'the owner has no variable, volume or mount where the operator needs its own',
  reasons: ['DuplicateVariable', 'StartupPathOwnedByUser', 'MountPathOwnedByUser', 'VolumeOwnedByUser'],
  check: ({ diff }) => (diff?.kind === 'refused' ? { reason: diff.reason, message: diff.message, effect: 'leave' } : undefined),
});
