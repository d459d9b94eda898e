import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { say } from './progress.ts';
import { ToolError } from './tool-error.ts';

interface Holder extends ProcessIdentity {
  readonly what: string;
}

/**
 * Runs `work` while holding the lock file `path`; other processes (and other calls in this one) wait up to `waitMs`.
 * A lock whose holder no longer runs is taken over. Throws ToolError, naming the holder, when the wait ends in vain.
 */
export async function withLock<T>(path: string, what: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const own = JSON.stringify({ ...identifyProcess(process.pid), what });
  const deadline = performance.now() + waitMs;
  let said = false;
  while (!createExclusively(path, own)) {
    const holder = readHolder(path);
    if (holder === 'stale') {
      breakStaleLock(path);
      continue;
    }
    if (performance.now() > deadline) {
      throw new ToolError(
        `lock ${path} is still held${holder === undefined ? '' : ` by process ${holder.pid} (${holder.what})`} after ${Math.round(waitMs / 1000)} s`,
        'wait for that process or end it, then run the command again',
      );
    }
    if (!said && holder !== undefined) {
      said = true;
      say(`waiting for process ${holder.pid}: ${holder.what}`);
    }
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function createExclusively(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The live holder, `stale` when the holder is gone, undefined when the file vanished or is being written this moment. */
function readHolder(path: string): Holder | 'stale' | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const age = Date.now() - statSync(path).mtimeMs;
    if (text === '') return age > 10_000 ? 'stale' : undefined;
    const holder = JSON.parse(text) as Holder;
    return isRunning(holder) ? holder : 'stale';
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two waiters may see the same stale lock: only the one that holds `.break` may remove it, after a second look. */
function breakStaleLock(path: string): void {
  const guard = `${path}.break`;
  if (!createExclusively(guard, String(process.pid))) {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 10_000) rmSync(guard, { force: true });
    } catch {
      // The other waiter has finished.
    }
    return;
  }
  try {
    if (readHolder(path) === 'stale') rmSync(path, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}
