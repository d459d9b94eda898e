import { ANNOTATION } from '../../../../api/annotations.ts';
import { policy } from '../policy.ts';

export const languageIsServed = policy({
  requires: 'this release has start-up files for the language of duotel.io/bootstrap',
  reasons: ['BootstrapUnavailable'],
  check: ({ active }) => {
    if (active?.bootstrap !== 'nodejs') return undefined;
    const message = `${ANNOTATION.bootstrap}: nodejs is not in this release: set it to none and initialise the producers in the app`;
    return { reason: 'BootstrapUnavailable', message, effect: 'leave' };
  },
});
