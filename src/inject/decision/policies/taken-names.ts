import { policy } from '../policy.ts';

export const namesAreFree = policy({
  requires: 'no variable, volume or mount of the owner stands where one of ours must be',
  reasons: ['DuplicateVariable', 'StartupPathOwnedByUser', 'MountPathOwnedByUser', 'VolumeOwnedByUser'],
  check: ({ diff }) => (diff?.kind === 'refused' ? { reason: diff.reason, message: diff.message, effect: 'leave' } : undefined),
});
