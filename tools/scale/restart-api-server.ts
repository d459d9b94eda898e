import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { readState, writeState } from '../cluster/state.ts';
import { identifyProcess, isRunning, signalProcess } from '../lib/process-identity.ts';
import { ToolError } from '../lib/tool-error.ts';

const READY_LIMIT_MS = 120_000;

/**
 * Kills the API server and starts it again with the same command line: its watch cache is new, so every watch that resumes from before is
 * told that its version is too old, and every client lists again. Resolves when the server is ready. The cluster's `stop` ends the new one.
 */
export async function restartApiServer(cluster: ControlPlane): Promise<void> {
  const folder = dirname(cluster.kubeconfig);
  const state = readState(folder);
  const old = state?.processes['kube-apiserver'];
  if (state === undefined || old === undefined) throw new ToolError(`no API server is recorded in ${folder}`);
  const [command = '', ...args] = readFileSync(`/proc/${old.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  signalProcess(old, 'SIGKILL');
  while (isRunning(old)) await sleep(20);
  const child = spawn(command, args, { cwd: folder, detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new ToolError('the API server ended at once');
  writeState(folder, { ...state, processes: { ...state.processes, 'kube-apiserver': identity } });
  const deadline = performance.now() + READY_LIMIT_MS;
  while ((await cluster.kubectl(['get', '--raw', '/readyz'])).code !== 0) {
    if (performance.now() > deadline) throw new ToolError(`the API server was not ready within ${READY_LIMIT_MS / 1000} s`);
    await sleep(200);
  }
}
