import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { identifyProcess, isRunning } from '../../../tools/lib/process-identity.ts';
import { BusyLoops } from '../../stress/busy-loops.ts';

const LOOPS = 2;
const MAIN = join(import.meta.dirname, '../../stress/main.ts');
let repository: string;
let commands: readonly ChildProcess[] = [];

/** A repository of one suite, whose tier is a command that writes what the reporter of Jest would, or that lasts. */
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'duotel-stress-test-'));
  for (const tier of ['unit', 'golden']) {
    mkdirSync(join(repository, `test/${tier}`), { recursive: true });
    writeFileSync(join(repository, `test/${tier}/one.test.ts`), '');
  }
  const line = { tier: 'unit', suite: 'test/unit/one.test.ts', milliseconds: 1, passed: 1, failed: ['one is right'], broken: false };
  writeFileSync(join(repository, 'line.json'), `${JSON.stringify(line)}\n`);
  const scripts = { 'test:unit': 'cp line.json "$DUOTEL_TEST_RESULTS/suites.jsonl"; exit 1', 'test:golden': 'exec sleep 60' };
  writeFileSync(join(repository, 'package.json'), JSON.stringify({ scripts }));
});
afterAll(() => {
  for (const child of commands) child.kill('SIGKILL');
  rmSync(repository, { recursive: true, force: true });
});

function stress(...args: readonly string[]) {
  // What a killed command leaves goes with the repository.
  const env = { ...process.env, TMPDIR: repository };
  const child = spawn(process.execPath, [MAIN, '--loops', String(LOOPS), ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  commands = [...commands, child];
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    output.stdout += String(text);
  });
  child.stderr.on('data', (text) => {
    output.stderr += String(text);
  });
  return { child, output, closed: once(child, 'close') as Promise<[number | null]> };
}

/** The busy loops of a command that has begun. */
async function loopsOf(command: ReturnType<typeof stress>) {
  while (!command.output.stderr.includes('\n') && command.child.exitCode === null) await sleep(20);
  const pids = /processes ([\d, ]+)\n/.exec(command.output.stderr)?.[1]?.split(', ').map(Number) ?? [];
  return pids.flatMap((pid) => identifyProcess(pid) ?? []);
}

it('run until they are ended, and none is left', async () => {
  const loops = BusyLoops.start(2);
  const identities = loops.pids.flatMap((pid) => identifyProcess(pid) ?? []);
  expect(identities.map(isRunning)).toEqual([true, true]);
  await loops.end();
  await loops.end();
  expect(identities.map(isRunning)).toEqual([false, false]);
});

it('run beside the suites, as many as were asked for, and are gone when how often each test failed is told', async () => {
  const command = stress('unit/one', '--times', '2');
  const loops = await loopsOf(command);
  expect(await command.closed).toEqual([1, null]);
  expect(command.output.stdout).toBe('\nFailed, in 2 runs:\n  2 of 2  test/unit/one.test.ts: one is right\n');
  expect(command.output.stderr).toContain('FAILED, output in .duotel/stress/unit-');
  expect(loops.map(isRunning)).toEqual(Array.from({ length: LOOPS }, () => false));
});

it.each(['SIGINT', 'SIGTERM'] as const)('are gone after %s, and so is what runs beside them', async (signal) => {
  const command = stress('--tier', 'golden');
  const loops = await loopsOf(command);
  expect(loops.map(isRunning)).toEqual(Array.from({ length: LOOPS }, () => true));
  command.child.kill(signal);
  expect(await command.closed).toEqual([130, null]);
  expect(loops.map(isRunning)).toEqual(loops.map(() => false));
});

it('end when the command was killed', async () => {
  const command = stress('--tier', 'golden', '--times', '1');
  const loops = await loopsOf(command);
  command.child.kill('SIGKILL');
  await command.closed;
  expect(loops).toHaveLength(LOOPS);
  for (let tries = 0; loops.some(isRunning) && tries < 1_000; tries++) await sleep(100);
  expect(loops.map(isRunning)).toEqual(loops.map(() => false));
});
