import { policy } from '../policy.ts';

export const stackIsChosen = policy({
  requires: 'there is exactly one TelemetryStack to report to: the one that is named, or the only one',
  reasons: ['WaitingForStack', 'UnknownStack', 'AmbiguousStack'],
  check: ({ stack }) => (stack?.kind === 'refused' ? { reason: stack.reason, message: stack.message, effect: 'leave' } : undefined),
});
