import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { storeOnce } from '../../../tools/lib/cache.ts';
import { withLock } from '../../../tools/lib/lock.ts';
import { endProcesses, identifyProcess, isRunning, parseProcStat, signalProcess } from '../../../tools/lib/process-identity.ts';
import { formatDuration, step } from '../../../tools/lib/progress.ts';
import { run, runOk } from '../../../tools/lib/run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-tools-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A child that ignores SIGTERM, once it has said that it does. */
async function stubborn(): Promise<number> {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid ?? 0;
}

describe('a recorded process', () => {
  it('is known by its start time, behind a command name with spaces and parentheses', () => {
    const fields = ['S', ...Array.from({ length: 18 }, (_, index) => String(index)), '4711', 'more'];
    expect(parseProcStat(`12 (a) b (c)) ${fields.join(' ')}`)).toEqual({ state: 'S', start: '4711' });
  });

  it('is not signalled when its id belongs to another process by now', async () => {
    const pid = await stubborn();
    const identity = identifyProcess(pid);
    expect(identity).toBeDefined();
    const reused = { pid, start: 'another' };
    expect(isRunning(reused)).toBe(false);
    signalProcess(reused, 'SIGKILL');
    expect(await endProcesses([reused], 0)).toEqual([]);
    expect(identity !== undefined && isRunning(identity)).toBe(true);
    if (identity !== undefined) await endProcesses([identity], 0);
  });

  it('is killed when it ignores the request to end', async () => {
    const identity = identifyProcess(await stubborn());
    expect(identity === undefined ? undefined : await endProcesses([identity], 100)).toEqual([]);
    expect(identity !== undefined && isRunning(identity)).toBe(false);
  });
});

describe('a lock', () => {
  it('lets one holder in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(join(folder, 'lock'), 'a test', 10_000, work)));
    expect(most).toBe(1);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  it('is taken over from a holder that is gone', async () => {
    const path = join(folder, 'lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, start: 'long ago', what: 'a build' }));
    expect(await withLock(path, 'a test', 1_000, async () => readFileSync(path, 'utf8'))).toContain('a test');
  });

  it('is not waited for without end: the error names the holder', async () => {
    const path = join(folder, 'lock');
    writeFileSync(path, JSON.stringify({ ...identifyProcess(process.pid), what: 'a long build' }));
    await expect(withLock(path, 'a test', 0, async () => undefined)).rejects.toThrow(`held by process ${process.pid} (a long build)`);
  });

  it('is free again after a failure', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, 'a test', 0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });
});

describe('the cache', () => {
  it('has no part of a result when making it failed', async () => {
    const final = join(folder, 'bin/x');
    const failing = storeOnce(final, async (temporary) => {
      writeFileSync(temporary, 'half');
      throw new Error('interrupted');
    });
    await expect(failing).rejects.toThrow('interrupted');
    expect(existsSync(final)).toBe(false);
    await storeOnce(final, async (temporary) => writeFileSync(temporary, 'whole'));
    expect(readFileSync(final, 'utf8')).toBe('whole');
  });

  it('removes what a killed process left, and keeps what is finished', async () => {
    writeFileSync(join(folder, 'x.tmp-1'), 'half');
    await storeOnce(join(folder, 'x'), async (temporary) => writeFileSync(temporary, 'whole'));
    expect(existsSync(join(folder, 'x.tmp-1'))).toBe(false);
    await storeOnce(join(folder, 'x'), async (temporary) => writeFileSync(temporary, 'again'));
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('whole');
  });
});

describe('a command', () => {
  it('is ended at its time limit, and says so', async () => {
    expect(await run('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({
      code: 124,
      stderr: expect.stringContaining('time limit of 0.05 s'),
    });
  });

  it('that fails is named with the end of what it said', async () => {
    await expect(runOk('sh', ['-c', 'echo no such thing >&2; exit 3'])).rejects.toThrow(
      /^sh -c .* failed with exit code 3:\n {2}no such thing/,
    );
  });

  it('that does not exist is named', async () => {
    await expect(run('duotel-no-such-command', [])).rejects.toThrow('duotel-no-such-command was not found on PATH');
  });

  it('gets its input and gives its whole output', async () => {
    const text = 'x'.repeat(300_000);
    expect((await run('cat', [], { input: text })).stdout).toBe(text);
  });
});

describe('progress', () => {
  it.each([
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [185_000, '3m05s'],
  ])('writes %d ms as %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('says in a log that a step began and how it ended', async () => {
    const lines: string[] = [];
    const sink = { isTty: false, write: (text: string) => void lines.push(text) };
    await step('building x', async () => 1, sink);
    await expect(step('building y', () => Promise.reject(new Error('no')), sink)).rejects.toThrow('no');
    expect(lines.map((line) => line.replace(/ [\d.]+ m?s\n$/, ' DURATION\n'))).toEqual([
      'building x ...\n',
      'building x: done in DURATION\n',
      'building y ...\n',
      'building y: failed after DURATION\n',
    ]);
  });
});
