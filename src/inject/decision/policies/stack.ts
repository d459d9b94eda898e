import { policy } from '../policy.ts';

export const stackIsChosen = policy({
  requires: 'there is one TelemetryStack to report to: the named one, or the only one',
  reasons: ['WaitingForStack', 'UnknownStack', 'AmbiguousStack'],
  check: ({ stack }) => (stack?.kind === 'refused' ? { reason: stack.reason, message: stack.message, effect: 'leave' } : undefined),
});
