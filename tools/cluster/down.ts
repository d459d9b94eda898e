import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { availableBinary } from '../build/binary.ts';
import { endProcesses, identifyProcess, isRunning, type ProcessIdentity } from '../lib/process-identity.ts';
import { step } from '../lib/progress.ts';
import { run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { cgroupProcesses, removeCgroup } from './cgroups.ts';
import { deleteNetwork, netnsPath, processesIn } from './network.ts';
import { containerdSocket } from './node-files.ts';
import { type ClusterState, readState } from './state.ts';

/** How long the kubelet gets to end the pods in good order; what is left then is killed. */
const POD_LIMIT_MS = 20_000;
/** These would start new pods or volumes while the old ones go. */
const MAKERS = ['kube-controller-manager', 'kube-scheduler', 'provisioner'] as const;

/** Ends a cluster with a node, whatever state it is in, and removes all of it. Throws ToolError naming what resisted. */
export async function bringDownNode(folder: string): Promise<void> {
  const state = readState(folder);
  if (state === undefined) return;
  await step(`ending cluster ${state.name}`, async (note) => {
    note('pods');
    await deletePods(state);
    note('processes');
    await endAll(state, folder);
    note('mounts');
    await unmountBelow(folder);
    const left = state.cgroup === undefined ? [] : removeCgroup(state.cgroup);
    if (state.netns !== undefined) await deleteNetwork(state.netns);
    removeLogLinks(folder);
    if (left.length > 0)
      throw new ToolError(
        `cgroups could not be removed: ${left.slice(0, 3).join(', ')}`,
        'a process is still inside; run the command again',
      );
    rmSync(folder, { recursive: true, force: true });
  });
}

/** While the kubelet still runs: it tears down volumes, networks and cgroups itself. Skipped when a part that this needs is gone. */
async function deletePods({ processes, netns, kubeconfig, cgroup }: ClusterState): Promise<void> {
  const needed = ['etcd', 'kube-apiserver', 'containerd', 'kubelet'].map((name) => processes[name]);
  const kubectl = await availableBinary('kubectl').catch(() => undefined);
  if (
    netns === undefined ||
    cgroup === undefined ||
    kubectl === undefined ||
    !needed.every((identity) => identity !== undefined && isRunning(identity))
  )
    return;
  await endProcesses(
    MAKERS.flatMap((name) => processes[name] ?? []),
    1_000,
  );
  const args = ['delete', 'pods', '--all', '--all-namespaces', '--grace-period=1', '--wait=false', '--request-timeout=10s'];
  await run('nsenter', [`--net=${netnsPath(netns)}`, kubectl, ...args], { env: { KUBECONFIG: kubeconfig }, timeoutMs: 15_000 });
  const deadline = performance.now() + POD_LIMIT_MS;
  while (cgroupProcesses(cgroup).length > 0 && performance.now() < deadline) await sleep(100);
}

/** The recorded processes in reverse order of their start, then whatever still runs in the cluster's cgroup and namespace, and the shims. */
async function endAll(state: ClusterState, folder: string): Promise<void> {
  const recorded = Object.entries(state.processes);
  const stopFirst = recorded.filter(([name]) => name !== 'etcd' && name !== 'kube-apiserver').map(([, identity]) => identity);
  await endProcesses(stopFirst, 3_000);
  await endProcesses(
    recorded.map(([, identity]) => identity),
    0,
  );
  for (let round = 0; round < 20; round++) {
    const left = await leftovers(state, folder);
    if (left.length === 0) return;
    await endProcesses(left, round === 0 ? 500 : 0);
  }
  const stubborn = (await leftovers(state, folder)).map(({ pid }) => pid);
  if (stubborn.length > 0) throw new ToolError(`processes ${stubborn.join(', ')} of cluster ${state.name} could not be ended`);
}

/** Processes that belong to the cluster by where they are: its pods' cgroups, its network namespace, or shims of its containerd. */
async function leftovers({ cgroup, netns }: ClusterState, folder: string): Promise<readonly ProcessIdentity[]> {
  const ids = new Set([
    ...(cgroup === undefined ? [] : cgroupProcesses(cgroup)),
    ...(netns === undefined ? [] : await processesIn(netns)),
    ...shimProcesses(containerdSocket(folder)),
  ]);
  // `down` may itself have been started inside the namespace, by `cluster exec`.
  for (const id of ancestors(process.pid)) ids.delete(id);
  return [...ids].flatMap((id) => identifyProcess(id) ?? []);
}

/** Ids of the containerd shims that serve one containerd: its socket is in their arguments. */
function shimProcesses(socket: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      const args = readText(`/proc/${id}/cmdline`).split('\0');
      return args[0]?.endsWith('containerd-shim-runc-v2') === true && args.includes(socket);
    })
    .map(Number);
}

/** The process and its parents. */
function ancestors(pid: number): readonly number[] {
  const ids: number[] = [];
  for (let id = pid; id > 1; ) {
    ids.push(id);
    id = Number(/^PPid:\s+(\d+)/m.exec(readText(`/proc/${id}/status`))?.[1] ?? 0);
  }
  return ids;
}

/** Mount points at or below a folder in the text of `/proc/self/mountinfo`, deepest first. Spaces are written as `\040` there. */
export function mountsBelow(mountinfo: string, folder: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .reverse();
}

/** Nothing may stay mounted below the folder: removing the folder would reach through the mount. */
async function unmountBelow(folder: string): Promise<void> {
  const current = () => mountsBelow(readText('/proc/self/mountinfo'), folder);
  for (const options of [[], ['--lazy']]) {
    for (const path of current()) await run('umount', [...options, path]);
  }
  const left = current();
  if (left.length > 0)
    throw new ToolError(`still mounted below ${folder}: ${left.slice(0, 3).join(', ')}`, `umount ${left[0]}, then run the command again`);
}

/** The kubelet links each container's log into /var/log/containers, whatever folder the logs are in. */
function removeLogLinks(folder: string): void {
  const links = '/var/log/containers';
  if (!existsSync(links)) return;
  for (const name of readdirSync(links)) {
    const path = join(links, name);
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith(`${folder}/`)) rmSync(path);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
