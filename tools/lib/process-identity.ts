import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process that stays the same process: ids are reused, so a recorded id alone must never be signalled.
 * `start` is the start time as the kernel tells it (clock ticks since boot on Linux, `ps lstart` elsewhere): compared, never computed with.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: string;
}

/** Start time and state letter out of `/proc/<pid>/stat`; the command in parentheses may itself hold spaces and parentheses. */
export function parseProcStat(stat: string): { readonly state: string; readonly start: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

/** The identity of a running process, or undefined when there is none with this id (a zombie is none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') {
    try {
      const start = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      return start === '' ? undefined : { pid, start };
    } catch {
      return undefined;
    }
  }
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : { pid, start: stat.start };
  } catch {
    return undefined;
  }
}

/** Whether the process that was recorded still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.start === identity.start;
}

/** Sends a signal to the recorded process if it still is that process. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** SIGTERM to all, then SIGKILL to those that still run after `graceMs`. Returns the ids that could not be ended. */
export async function endProcesses(identities: readonly ProcessIdentity[], graceMs: number): Promise<readonly number[]> {
  for (const identity of identities) signalProcess(identity, 'SIGTERM');
  if (await goneWithin(identities, graceMs)) return [];
  for (const identity of identities) signalProcess(identity, 'SIGKILL');
  await goneWithin(identities, 5_000);
  return identities.filter(isRunning).map(({ pid }) => pid);
}

async function goneWithin(identities: readonly ProcessIdentity[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (identities.some(isRunning)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
