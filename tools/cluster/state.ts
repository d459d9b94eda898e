import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProcessIdentity } from '../lib/process-identity.ts';
import { ToolError } from '../lib/tool-error.ts';

/** `control` is etcd, API server and controller manager; `node` adds a scheduler and one real node. */
export type ClusterTier = 'control' | 'node';

/** What is written down about a cluster, so that any later command can find and end all of it. */
export interface ClusterState {
  readonly name: string;
  readonly tier: ClusterTier;
  /** `starting` until every part was seen working: a half-started cluster is known as such. */
  readonly phase: 'starting' | 'ready';
  /** The process whose end makes the cluster abandoned (a test run); undefined for one that outlives its command. */
  readonly owner?: ProcessIdentity;
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  /** Address of the API server, as seen from inside the network namespace if there is one. */
  readonly server: string;
  /** Kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** Audit log at level Metadata, one JSON object a line; undefined when off. */
  readonly auditLog?: string;
  /** Name of the network namespace; only in tier `node`. */
  readonly netns?: string;
  /** Cgroup below each hierarchy's root that holds all pods; only in tier `node`. */
  readonly cgroup?: string;
}

/** Cluster names become parts of file names, cgroups and network namespaces. */
export function checkClusterName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/.test(name)) return name;
  throw new ToolError(
    `cluster name "${name}" is not valid`,
    'use 1 to 32 lower-case letters, digits and dashes, beginning and ending with a letter or digit',
  );
}

/** Folder that holds the state of all clusters: DUOTEL_STATE_DIR, or `.duotel/cluster` of this checkout. */
export function stateRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = env['DUOTEL_STATE_DIR'];
  return chosen === undefined || chosen === '' ? join(import.meta.dirname, '../../.duotel/cluster') : resolve(chosen);
}

/** Folder of one cluster: logs, keys, data, sockets and state.json. */
export function clusterFolder(name: string, root: string = stateRoot()): string {
  return join(root, checkClusterName(name));
}

export function readState(folder: string): ClusterState | undefined {
  const path = join(folder, 'state.json');
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as ClusterState;
}

/** Written to a temporary file and renamed: an interrupted command never leaves half a state. */
export function writeState(folder: string, state: ClusterState): void {
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `state.json.tmp-${process.pid}`);
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(temporary, join(folder, 'state.json'));
}

/** Names of all clusters recorded under the root, running or not. */
export function clusterNames(root: string = stateRoot()): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'state.json')))
    .map((entry) => entry.name);
}
