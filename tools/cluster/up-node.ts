import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BinaryName, binariesOf } from '../build/binaries.ts';
import { ensureBinaries } from '../build/binary.ts';
import type { ImageRecipe } from '../images/image-recipe.ts';
import { ensureImages, type LocalImage } from '../images/images.ts';
import { CNI_FOLDERS, ensurePackages, findProgram, NODE_REQUIREMENTS } from '../lib/packages.ts';
import { isRunning } from '../lib/process-identity.ts';
import { say, step } from '../lib/progress.ts';
import { type RunOptions, type RunResult, run, runOk } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { createCgroup } from './cgroups.ts';
import { startControlPlaneProcesses } from './control-plane.ts';
import { writeControlPlaneFiles } from './control-plane-files.ts';
import { auditLogPath, type ControlPlaneLayout } from './control-plane-processes.ts';
import { bringDownNode } from './down.ts';
import { Launcher } from './launcher.ts';
import { loadImages } from './load-images.ts';
import { createNetwork, NODE_IP, netnsPath } from './network.ts';
import { containerdSocket, NODE_NAME, writeNodeFiles } from './node-files.ts';
import { nodeLaunches } from './node-processes.ts';
import { type ClusterState, clusterFolder, readState, writeState } from './state.ts';
import { storageClassManifest } from './storage-class.ts';

export interface NodeClusterOptions {
  /** Write an audit log at level Metadata. Default true. */
  readonly audit?: boolean;
  /** Local images to have. Default: all. */
  readonly images?: readonly LocalImage[];
  /** Images to have besides. Default: none. */
  readonly moreImages?: readonly ImageRecipe[];
  /** Stops the start; what was started is then ended. */
  readonly signal?: AbortSignal;
}

const NODE_LIMIT_MS = 300_000;
/** The kubelet's longest socket path below the state folder, `lib/kubelet/pod-resources/kubelet.sock`, must stay within 107 bytes. */
const FOLDER_LIMIT = 107 - 41;
const BINARIES = [...binariesOf('control'), ...binariesOf('node')] as const;

/**
 * A whole cluster with one node, up and Ready, with its images: started, or as it is when it already runs (new versions of images are
 * loaded then too). One that is half-started or has lost a process is ended first. On failure nothing stays but the logs.
 */
export async function bringUpNode(name: string, options: NodeClusterOptions = {}): Promise<ClusterState> {
  const folder = clusterFolder(name);
  checkMachine(folder);
  await ensurePackages(NODE_REQUIREMENTS);
  const binaries = await ensureBinaries(BINARIES);
  const images = await ensureImages(options.images, options.moreImages);
  options.signal?.throwIfAborted();
  const existing = readState(folder);
  if (existing?.phase === 'ready' && Object.values(existing.processes).every(isRunning)) {
    await loadImages(folder, binaries.ctr, images);
    return existing;
  }
  if (existing !== undefined) await bringDownNode(folder);
  try {
    let state = await prepare(name, folder, options.audit ?? true);
    const record = (next: ClusterState) => {
      state = next;
      writeState(folder, state);
    };
    const launcher = new Launcher(folder, (key, identity) => record({ ...state, processes: { ...state.processes, [key]: identity } }), {
      netns: clusterNetns(name),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    await startNode(launcher, state, folder, binaries, () => loadImages(folder, binaries.ctr, images));
    record({ ...state, phase: 'ready' });
    return state;
  } catch (error) {
    keepLogs(folder);
    // What went wrong first is what the caller is told; `down` can be run again for the rest.
    await bringDownNode(folder).catch((second: unknown) => say(`the start failed, and so did the clean-up: ${String(second)}`));
    throw error;
  }
}

/** Name of a cluster's network namespace. */
function clusterNetns(name: string): string {
  return `duotel-${name}`;
}

function checkMachine(folder: string): void {
  const elsewhere = 'use a cluster of yours with --context';
  if (process.platform !== 'linux') throw new ToolError(`a node needs Linux, and this is ${process.platform}`, elsewhere);
  if (process.getuid?.() !== 0) {
    throw new ToolError(
      'a node needs root (network namespace, cgroups, containers)',
      `run the command as root, take --tier control, or ${elsewhere}`,
    );
  }
  if (Buffer.byteLength(folder) > FOLDER_LIMIT) {
    throw new ToolError(
      `the state folder ${folder} has a path longer than ${FOLDER_LIMIT} bytes, too long for the sockets in it`,
      'set DUOTEL_STATE_DIR to a shorter path, such as /var/tmp/duotel',
    );
  }
}

/** State, keys, configuration, cgroup and network, recorded before they are made so that `down` finds them. */
async function prepare(name: string, folder: string, audit: boolean): Promise<ClusterState> {
  const netns = clusterNetns(name);
  if (existsSync(netnsPath(netns))) {
    throw new ToolError(
      `network namespace ${netns} exists, but no cluster ${name} is recorded in ${dirname(folder)}`,
      `choose another --name, end it from the checkout that started it, or: ip netns delete ${netns}`,
    );
  }
  const state: ClusterState = {
    name,
    tier: 'node',
    phase: 'starting',
    processes: {},
    server: `https://${NODE_IP}:6443`,
    kubeconfig: join(folder, 'admin.conf'),
    ...(audit ? { auditLog: auditLogPath(folder) } : {}),
    netns,
    cgroup: `duotel-${name}`,
  };
  writeState(folder, state);
  const cniPlugins = CNI_FOLDERS.find((path) => existsSync(join(path, 'ptp'))) ?? CNI_FOLDERS[0];
  await writeControlPlaneFiles(folder, nodeLayout(folder, audit).endpoints);
  writeNodeFiles(folder, `/duotel-${name}`, { runc: findProgram('runc') ?? '/usr/sbin/runc', cniPlugins });
  createCgroup(`duotel-${name}`);
  await createNetwork(netns);
  return state;
}

function nodeLayout(folder: string, audit: boolean): ControlPlaneLayout {
  return { folder, endpoints: { host: NODE_IP, apiPort: 6443, etcdPort: 2379, etcdPeerPort: 2380 }, bindAddress: '0.0.0.0', audit };
}

async function startNode(
  launcher: Launcher,
  state: ClusterState,
  folder: string,
  binaries: Readonly<Record<BinaryName, string>>,
  load: () => Promise<unknown>,
): Promise<void> {
  const kubectl = (...args: readonly string[]) => kubectlIn(state, binaries.kubectl, args);
  const [containerd, ...others] = nodeLaunches(folder, binaries);
  const answers = async (path: string) => (await kubectl('get', '--raw', path)).code === 0;
  const controlPlane = step('starting etcd, API server and controller manager', () =>
    startControlPlaneProcesses(launcher, binaries, nodeLayout(folder, state.auditLog !== undefined), answers),
  );
  const runtime = (async () => {
    if (containerd !== undefined) await launcher.start(containerd);
    const args = ['--address', containerdSocket(folder), 'version'];
    await launcher.waitUntil('containerd answering', 30_000, async () => {
      return existsSync(containerdSocket(folder)) && (await run(binaries.ctr, args, { timeoutMs: 10_000 })).code === 0;
    });
    // Before the kubelet starts: its first look at the images then finds them all.
    await load();
  })();
  // Both end before a failure is told: nothing may start processes while the cluster is taken down again.
  for (const result of await Promise.allSettled([controlPlane, runtime])) if (result.status === 'rejected') throw result.reason;
  for (const launch of others) await launcher.start(launch);
  await runOk('nsenter', [`--net=${netnsPath(state.netns ?? '')}`, binaries.kubectl, 'apply', '-f', '-'], {
    input: storageClassManifest(),
    env: { KUBECONFIG: state.kubeconfig },
  });
  const ready = ['get', 'node', NODE_NAME, '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
  await step('waiting for the node', () =>
    launcher.waitUntil('the node being Ready', NODE_LIMIT_MS, async () => (await kubectl(...ready)).stdout === 'True'),
  );
}

/** kubectl as administrator inside the cluster's namespace. */
export function kubectlIn(state: ClusterState, kubectl: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command, allArgs] =
    state.netns === undefined ? [kubectl, args] : ['nsenter', [`--net=${netnsPath(state.netns)}`, kubectl, ...args]];
  return run(command, allArgs, { ...options, env: { KUBECONFIG: state.kubeconfig } });
}

/** Copies the logs of a failed start beside the folder, which is removed. */
function keepLogs(folder: string): void {
  const logs = join(folder, 'log');
  if (!existsSync(logs)) return;
  rmSync(`${folder}.failed-logs`, { recursive: true, force: true });
  cpSync(logs, `${folder}.failed-logs`, { recursive: true });
}
