import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { getStatus } from '../cluster/get-status.ts';
import { Launcher } from '../cluster/launcher.ts';
import { portIsFree } from '../cluster/port-is-free.ts';
import { readState, writeState } from '../cluster/state.ts';
import { isRunning, type ProcessIdentity, signalProcess } from '../lib/process-identity.ts';
import { ToolError } from '../lib/tool-error.ts';

const NAME = 'kube-apiserver';
const GONE_LIMIT_MS = 30_000;
const READY_LIMIT_MS = 120_000;

/**
 * Kills the API server and starts it again with the same command line: its watch cache is new, so every watch that resumes from before is
 * told that its version is too old, and every client lists again. Resolves when the server is ready; one that ends instead is told with the
 * end of its log, one that stays unready with the checks that fail. The cluster's `stop` ends the new one.
 */
export async function restartApiServer(cluster: ControlPlane): Promise<void> {
  const folder = dirname(cluster.kubeconfig);
  const state = readState(folder);
  const old = state?.processes[NAME];
  if (state === undefined || old === undefined) throw new ToolError(`no API server is recorded in ${folder}`);
  const [command = '', ...args] = readFileSync(`/proc/${old.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  signalProcess(old, 'SIGKILL');
  await portFreed(Number(new URL(state.server).port));
  let identity: ProcessIdentity | undefined;
  const launcher = new Launcher(folder, (name, started) => {
    identity = started;
    writeState(folder, { ...state, processes: { ...state.processes, [name]: started } });
  });
  await launcher.start({ name: NAME, command, args });
  const ready = async (): Promise<boolean> => (await getStatus(folder, `${state.server}/readyz`)) === 200;
  try {
    await launcher.waitUntil('the API server being ready again', READY_LIMIT_MS, ready);
  } catch (error) {
    if (identity === undefined || !isRunning(identity)) throw error;
    const { stdout, stderr } = await cluster.kubectl(['get', '--raw', '/readyz?verbose'], '', 10_000);
    const failing = `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '' && !line.includes(' ok'));
    throw new ToolError(`${(error as Error).message}; /readyz says: ${failing.join('; ')}`);
  }
}

/** The first thread of a process that was killed is gone before its memory and its sockets are: the larger, the longer. */
async function portFreed(port: number): Promise<void> {
  const deadline = performance.now() + GONE_LIMIT_MS;
  while (!(await portIsFree(port))) {
    if (performance.now() > deadline)
      throw new ToolError(`port ${port} is still taken ${GONE_LIMIT_MS / 1000} s after the API server was killed`);
    await sleep(20);
  }
}
