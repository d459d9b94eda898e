import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { isOperatorWrite } from '../../../tools/scale/audit-reader.ts';
import { eventually } from '../time/eventually.ts';
import { auditEvents, auditMark, line } from './audit-log.ts';

/** What the operator wrote since the mark, a line each. */
export function writesSince({ auditLog }: ControlPlane, mark: number): readonly string[] {
  return auditEvents(auditLog, mark).filter(isOperatorWrite).map(line);
}

/** Waits until the operator has written nothing for `ms`: the counts of a stack come half a second after the last change. */
export async function settled(cluster: ControlPlane, ms = 2000): Promise<void> {
  await eventually('the operator to settle', async () => {
    const mark = auditMark(cluster.auditLog);
    await sleep(ms);
    return writesSince(cluster, mark).length === 0;
  });
}
