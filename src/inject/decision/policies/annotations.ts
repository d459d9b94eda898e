import { isMarked } from '../../record/is-marked.ts';
import { policy } from '../policy.ts';

export const annotationsAreValid = policy({
  requires: 'every duotel.io/ annotation has a known name and an allowed value',
  reasons: ['InvalidAnnotation'],
  check: ({ workload, settings }) => {
    if (settings.kind !== 'refused') return undefined;
    // A mistake on the Namespace is not written on workloads that never asked for anything; the Namespace's own event tells it.
    const effect = settings.level === 'namespace' && !isMarked(workload) ? 'ignore' : 'leave';
    return { reason: 'InvalidAnnotation', message: settings.message, effect };
  },
});
