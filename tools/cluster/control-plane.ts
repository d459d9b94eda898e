import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTier } from '../build/binary.ts';
import { endProcesses, identifyProcess, isRunning, type ProcessIdentity, signalProcess } from '../lib/process-identity.ts';
import { type RunResult, run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { writeControlPlaneFiles } from './control-plane-files.ts';
import {
  apiServerLaunch,
  auditLogPath,
  type ControlPlaneBinaries,
  type ControlPlaneLayout,
  controllerManagerLaunch,
  etcdLaunch,
} from './control-plane-processes.ts';
import { freePorts } from './free-ports.ts';
import { getStatus } from './get-status.ts';
import { Launcher } from './launcher.ts';
import { type ClusterState, clusterFolder, clusterNames, readState, stateRoot, writeState } from './state.ts';

export interface ControlPlaneOptions {
  /** Default: a name of its own, made from the process id. */
  readonly name?: string;
  /** Write an audit log at level Metadata. Default true. */
  readonly audit?: boolean;
}

export interface ControlPlane {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of the audit log: one JSON `audit.k8s.io/v1` Event a line, written before the response is sent. Empty file name when off. */
  readonly auditLog: string;
  /** Runs kubectl as administrator; `input` becomes its standard input. Ended after `timeoutMs`, default 180,000. */
  kubectl(args: readonly string[], input?: string, timeoutMs?: number): Promise<RunResult>;
  /** Ends the processes and removes all files. May be called twice. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 180_000;
let started = 0;

/**
 * Starts a real etcd, API server and controller manager on free loopback ports, without root: what the cluster tests run against.
 * It is ready when the API server answers and the controller manager has made the default service account. It ends with `stop`,
 * with this process, or, if this process was killed, at the next start of any control plane.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  await removeAbandoned();
  started += 1;
  const name = options.name ?? `test-${process.pid}-${started}`;
  const owner = identifyProcess(process.pid);
  const state = await bringUpControlPlane(name, { audit: options.audit ?? true, ...(owner === undefined ? {} : { owner }) });
  const folder = clusterFolder(name);
  const killAll = () => {
    for (const identity of Object.values(readState(folder)?.processes ?? {})) signalProcess(identity, 'SIGKILL');
  };
  process.once('exit', killAll);
  const { kubectl } = await ensureTier('control');
  return {
    kubeconfig: state.kubeconfig,
    auditLog: state.auditLog ?? '',
    kubectl: (args, input = '', timeoutMs = 180_000) =>
      run(kubectl ?? 'kubectl', args, { env: { KUBECONFIG: state.kubeconfig }, input, timeoutMs }),
    stop: async () => {
      await removeControlPlane(folder);
      process.off('exit', killAll);
    },
  };
}

/** Brings up a control plane under a name and records it; on failure nothing stays. */
export async function bringUpControlPlane(
  name: string,
  options: { readonly audit: boolean; readonly owner?: ProcessIdentity; readonly signal?: AbortSignal },
): Promise<ClusterState> {
  const folder = clusterFolder(name);
  if (readState(folder) !== undefined)
    throw new ToolError(`a cluster named ${name} exists in ${folder}`, `npm run cluster -- down --name ${name}`);
  const binaries = (await ensureTier('control')) as Readonly<Record<string, string>> & ControlPlaneBinaries;
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptControlPlane(name, folder, binaries, options);
    } catch (error) {
      await removeControlPlane(folder);
      // Another program may take a port between our check and the server's start.
      const portTaken = error instanceof Error && /address already in use/.test(error.message);
      if (!portTaken || attempt === 3) throw error;
    }
  }
}

async function attemptControlPlane(
  name: string,
  folder: string,
  binaries: ControlPlaneBinaries,
  { audit, owner, signal }: { readonly audit: boolean; readonly owner?: ProcessIdentity; readonly signal?: AbortSignal },
): Promise<ClusterState> {
  const [apiPort = 0, etcdPort = 0, etcdPeerPort = 0] = await freePorts(3);
  const endpoints = { host: '127.0.0.1', apiPort, etcdPort, etcdPeerPort };
  let state: ClusterState = {
    name,
    tier: 'control',
    phase: 'starting',
    ...(owner === undefined ? {} : { owner }),
    processes: {},
    server: `https://127.0.0.1:${apiPort}`,
    kubeconfig: join(folder, 'admin.conf'),
    ...(audit ? { auditLog: auditLogPath(folder) } : {}),
  };
  const save = (next: ClusterState) => {
    state = next;
    writeState(folder, state);
  };
  save(state);
  await writeControlPlaneFiles(folder, endpoints);
  const launcher = new Launcher(
    folder,
    (key, identity) => save({ ...state, processes: { ...state.processes, [key]: identity } }),
    signal === undefined ? {} : { signal },
  );
  const layout: ControlPlaneLayout = { folder, endpoints, bindAddress: '127.0.0.1', audit };
  await startControlPlaneProcesses(launcher, binaries, layout, (path) => apiAnswers(folder, state.server, path));
  save({ ...state, phase: 'ready' });
  return state;
}

/** Starts the three processes in order and waits until they work together. `answers` says whether a GET of a path succeeds. */
export async function startControlPlaneProcesses(
  launcher: Launcher,
  binaries: ControlPlaneBinaries,
  layout: ControlPlaneLayout,
  answers: (path: string) => Promise<boolean>,
): Promise<void> {
  await launcher.start(etcdLaunch(binaries, layout));
  await launcher.start(apiServerLaunch(binaries, layout));
  await launcher.waitUntil('the API server being ready', READY_LIMIT_MS, () => answers('/readyz'));
  await launcher.start(controllerManagerLaunch(binaries, layout));
  await launcher.waitUntil('the default service account', READY_LIMIT_MS, () =>
    answers('/api/v1/namespaces/default/serviceaccounts/default'),
  );
}

async function apiAnswers(folder: string, server: string, path: string): Promise<boolean> {
  return (await getStatus(folder, `${server}${path}`)) === 200;
}

/** Ends a control plane and removes its folder; fine with one that is half-started or already gone. Its data is thrown away, so no grace is given. */
export async function removeControlPlane(folder: string): Promise<void> {
  const state = readState(folder);
  const survivors = await endProcesses(Object.values(state?.processes ?? {}), 0);
  if (survivors.length > 0) throw new ToolError(`processes ${survivors.join(', ')} of ${folder} could not be ended`);
  rmSync(folder, { recursive: true, force: true });
}

/** Ends the control planes whose test run was killed before it could stop them. */
async function removeAbandoned(): Promise<void> {
  for (const name of clusterNames(stateRoot())) {
    const folder = clusterFolder(name);
    const state = readState(folder);
    if (state?.tier === 'control' && state.owner !== undefined && !isRunning(state.owner)) await removeControlPlane(folder);
  }
}
