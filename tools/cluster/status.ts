import { isRunning } from '../lib/process-identity.ts';
import { findCluster } from './cluster.ts';
import type { ClusterTier } from './state.ts';

/** What a cluster looks like right now. */
export interface ClusterStatus {
  readonly name: string;
  readonly tier: ClusterTier;
  /** `ready` when every process runs and, with a node, the node is Ready. */
  readonly phase: 'ready' | 'starting' | 'broken';
  readonly kubeconfig: string;
  readonly auditLog: string | null;
  readonly netns: string | null;
  /** Version that the API server tells; null when it does not answer. */
  readonly serverVersion: string | null;
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly running: boolean }[];
  readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly kubelet: string; readonly runtime: string }[];
  readonly pods: { readonly total: number; readonly ready: number };
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
      readonly nodeInfo: { readonly kubeletVersion: string; readonly containerRuntimeVersion: string };
    };
  }[];
}

interface PodList {
  readonly items: readonly { readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } }[];
}

/** Looks at the processes and asks the API server, each question bounded to some seconds. */
export async function clusterStatus(name: string): Promise<ClusterStatus> {
  const { state, kubectl } = await findCluster(name);
  const processes = Object.entries(state.processes).map(([key, identity]) => ({
    name: key,
    pid: identity.pid,
    running: isRunning(identity),
  }));
  const ask = async <T>(...args: readonly string[]): Promise<T | undefined> => {
    const { code, stdout } = await kubectl([...args, '--request-timeout=5s']);
    return code === 0 ? (JSON.parse(stdout) as T) : undefined;
  };
  const [version, nodeList, podList] = await Promise.all([
    ask<{ gitVersion: string }>('get', '--raw', '/version'),
    ask<NodeList>('get', 'nodes', '--output=json'),
    ask<PodList>('get', 'pods', '--all-namespaces', '--output=json'),
  ]);
  const nodes = (nodeList?.items ?? []).map(({ metadata, status }) => ({
    name: metadata.name,
    ready: isTrue(status.conditions, 'Ready'),
    kubelet: status.nodeInfo.kubeletVersion,
    runtime: status.nodeInfo.containerRuntimeVersion,
  }));
  const pods = podList?.items ?? [];
  const working =
    processes.every(({ running }) => running) && version !== undefined && (state.tier === 'control' || nodes.some(({ ready }) => ready));
  return {
    name,
    tier: state.tier,
    phase: state.phase === 'starting' ? 'starting' : working ? 'ready' : 'broken',
    kubeconfig: state.kubeconfig,
    auditLog: state.auditLog ?? null,
    netns: state.netns ?? null,
    serverVersion: version?.gitVersion ?? null,
    processes,
    nodes,
    pods: { total: pods.length, ready: pods.filter(({ status }) => isTrue(status.conditions ?? [], 'Ready')).length },
  };
}

function isTrue(conditions: readonly { readonly type: string; readonly status: string }[], type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

/** The status as lines for people. */
export function formatStatus(status: ClusterStatus): string {
  const lines = [
    `cluster ${status.name} (tier ${status.tier}): ${status.phase}, Kubernetes ${status.serverVersion ?? 'not answering'}`,
    ...status.nodes.map((node) => `node ${node.name}: ${node.ready ? 'Ready' : 'NotReady'}, kubelet ${node.kubelet}, ${node.runtime}`),
    ...(status.tier === 'node' ? [`pods: ${status.pods.ready} of ${status.pods.total} ready`] : []),
    ...status.processes.map(
      ({ name, pid, running }) => `process ${name.padEnd(24)} ${String(pid).padStart(7)}  ${running ? 'running' : 'ENDED'}`,
    ),
    `kubeconfig ${status.kubeconfig}`,
    ...(status.auditLog === null ? [] : [`audit log  ${status.auditLog}`]),
    ...(status.netns === null
      ? []
      : [`network    namespace ${status.netns}: use \`npm run cluster -- exec --name ${status.name} -- COMMAND\``]),
  ];
  return `${lines.join('\n')}\n`;
}
