import { dirname, join } from 'node:path';
import { binary } from '../build/binary.ts';
import { withLock } from '../lib/lock.ts';
import { type RunOptions, type RunResult, run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import { removeControlPlane } from './control-plane.ts';
import { bringDownNode } from './down.ts';
import { netnsPath } from './network.ts';
import { type ClusterState, clusterFolder, readState, stateRoot } from './state.ts';
import { bringUpNode, kubectlIn, type NodeClusterOptions } from './up-node.ts';

/** Name of the cluster that commands mean when none is given. */
export const DEFAULT_CLUSTER = 'duotel';

const LOCK_WAIT_MS = 20 * 60_000;

/** A running embedded cluster, as the demo and the tests use it. */
export interface Cluster {
  readonly state: ClusterState;
  /** Path of an administrator's kubeconfig. Its server is reached only from inside the cluster's network namespace. */
  readonly kubeconfig: string;
  /** Path of the audit log, or undefined when off. */
  readonly auditLog: string | undefined;
  /** Runs kubectl as administrator; `input` becomes its standard input. Ended after `timeoutMs`, default 180,000. */
  kubectl(args: readonly string[], input?: string, timeoutMs?: number): Promise<RunResult>;
  /** Program, arguments and environment that run a command inside the cluster, for callers that spawn it themselves. */
  inCluster(command: string, args: readonly string[]): InClusterCommand;
  /** Runs a command inside the cluster to its end: Service and pod addresses can be reached, KUBECONFIG is set, kubectl is on PATH. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  down(): Promise<void>;
}

export interface InClusterCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the embedded cluster, or gives the one that runs. See {@link bringUpNode}. */
export async function upCluster(name: string = DEFAULT_CLUSTER, options: NodeClusterOptions = {}): Promise<Cluster> {
  const state = await withLock(lockPath(name), `starting cluster ${name}`, LOCK_WAIT_MS, () => bringUpNode(name, options));
  return clusterOf(state, await binary('kubectl'));
}

/** Ends a cluster of either tier; one that does not exist is already ended (returns false). */
export async function downCluster(name: string = DEFAULT_CLUSTER): Promise<boolean> {
  return withLock(lockPath(name), `ending cluster ${name}`, LOCK_WAIT_MS, async () => {
    const folder = clusterFolder(name);
    const state = readState(folder);
    if (state === undefined) return false;
    await (state.tier === 'control' ? removeControlPlane(folder) : bringDownNode(folder));
    return true;
  });
}

/** The cluster that is recorded under a name. Throws ToolError when there is none. */
export async function findCluster(name: string = DEFAULT_CLUSTER): Promise<Cluster> {
  const state = readState(clusterFolder(name));
  if (state === undefined)
    throw new ToolError(`there is no cluster named ${name} in ${stateRoot()}`, `npm run cluster -- up --name ${name}`);
  return clusterOf(state, await binary('kubectl'));
}

function clusterOf(state: ClusterState, kubectl: string): Cluster {
  const inCluster = (command: string, args: readonly string[]): InClusterCommand => ({
    command: state.netns === undefined ? command : 'nsenter',
    args: state.netns === undefined ? args : [`--net=${netnsPath(state.netns)}`, command, ...args],
    env: { KUBECONFIG: state.kubeconfig, PATH: `${dirname(kubectl)}:${process.env['PATH'] ?? ''}` },
  });
  return {
    state,
    kubeconfig: state.kubeconfig,
    auditLog: state.auditLog,
    kubectl: (args, input = '', timeoutMs = 180_000) => kubectlIn(state, kubectl, args, { input, timeoutMs }),
    inCluster,
    run: (command, args, options = {}) => {
      const inside = inCluster(command, args);
      return run(inside.command, inside.args, { ...options, env: { ...inside.env, ...options.env } });
    },
    down: async () => {
      await downCluster(state.name);
    },
  };
}

function lockPath(name: string): string {
  return join(stateRoot(), `${name}.lock`);
}
