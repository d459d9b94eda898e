import { ANNOTATION } from '../../../../api/annotations.ts';
import { NO_BOOTSTRAP } from '../../../../api/runtimes/choice.ts';
import { policy } from '../policy.ts';

export const languageIsServed = policy({
  requires: 'this release has start-up files for the language of duotel.io/bootstrap',
  reasons: ['BootstrapUnavailable'],
  check: ({ active, runtimes }) => {
    const asked = runtimes.find(({ id }) => id === active?.bootstrap);
    if (asked === undefined || asked.served) return undefined;
    const message = `${ANNOTATION.bootstrap}: this release has no start-up files for ${asked.id}: set it to ${NO_BOOTSTRAP}, and start the producers in the app`;
    return { reason: 'BootstrapUnavailable', message, effect: 'leave' };
  },
});
