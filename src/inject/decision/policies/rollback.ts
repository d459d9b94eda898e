import { ANNOTATION } from '../../../../api/annotations.ts';
import { formatRollback, type RollbackNote, readRollback, settingsDigest } from '../../rollback/rollback-note.ts';
import { policy, type Verdict } from '../policy.ts';

export const wasNotRolledBack = policy({
  requires: 'an injection with the same annotations was not rolled back before',
  reasons: ['RolledBack'],
  check: ({ workload, active }) => {
    const note = readRollback(workload);
    return active !== undefined && note?.settings === settingsDigest(active) ? rolledBack(note) : undefined;
  },
});

/** The verdict of a rollback, when it is made and from then on. */
export function rolledBack(note: RollbackNote): Verdict<'RolledBack'> {
  const annotations = { [ANNOTATION.rolledBack]: formatRollback(note) };
  return { reason: 'RolledBack', message: note.message, effect: 'takeBack', notes: [], annotations };
}
