import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { binary } from '../build/binary.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { ToolError } from '../lib/tool-error.ts';
import { fakeNodeStages } from './fake-node-stages.ts';

/** Nodes that kwok plays: a pod whose `nodeName` is one of them becomes Ready at once, and is gone when it is deleted. */
export interface FakeNodes {
  readonly names: readonly string[];
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 180_000;

/**
 * The nodes renew their leases: without, the controller manager would call them lost, and their pods not ready, after 50 s.
 * @param folder where kwok's log is written.
 */
export async function startFakeNodes(cluster: ControlPlane, folder: string, count = 1): Promise<FakeNodes> {
  const names = Array.from({ length: count }, (_, index) => `fake-${index}`);
  const nodes = names.map((name) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations: { 'kwok.x-k8s.io/node': 'fake' }, labels: { type: 'kwok' } },
    status: { allocatable: { cpu: '1000', memory: '1000Gi', pods: '100000' }, capacity: { cpu: '1000', memory: '1000Gi', pods: '100000' } },
  }));
  const made = await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: nodes }));
  if (made.code !== 0) throw new ToolError(`the fake nodes could not be made: ${made.stderr}`);
  const stages = join(folder, 'stages.yaml');
  writeFileSync(stages, fakeNodeStages());
  const log = openSync(join(folder, 'kwok.log'), 'a');
  const kwok = await binary('kwok');
  const child = spawn(
    kwok,
    [
      '--config',
      stages,
      '--kubeconfig',
      cluster.kubeconfig,
      '--manage-all-nodes',
      '--cidr=10.0.0.0/8',
      '--node-lease-duration-seconds=40',
      '--v=ERROR',
    ],
    {
      stdio: ['ignore', log, log],
      cwd: folder,
    },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    process.off('exit', endWithUs);
  };
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const { stdout } = await cluster.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}']);
    if (stdout.split(' ').filter((status) => status === 'True').length >= count) return { names, pid: child.pid ?? 0, stop };
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new ToolError(`kwok's nodes were not ready within ${READY_LIMIT_MS / 1000} s: see ${join(folder, 'kwok.log')}`);
    }
    await sleep(200);
  }
}
