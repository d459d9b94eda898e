import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync } from 'node:zlib';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { ToolError } from '../lib/tool-error.ts';

/** The operator of a `dist`, as a process of this machine with the rights of its own service account. */
export interface OperatorProcess {
  readonly pid: number;
  /** Path of its log: one JSON object a line. */
  readonly log: string;
  /** Its metrics in Prometheus' text format. Rejects when it does not answer. */
  metrics(): Promise<string>;
  /** SIGTERM, then SIGKILL after 30 s. Resolves with the exit code; undefined when a signal ended it. May be called twice. */
  stop(): Promise<number | undefined>;
  readonly ended: Promise<number | undefined>;
}

export interface OperatorProcessOptions {
  readonly cluster: ControlPlane;
  /** Folder of manifests, applied before. */
  readonly dist: string;
  /** Where program, kubeconfig and log are put. */
  readonly folder: string;
  /** Base URL of the API server. Default: the cluster's own. */
  readonly server?: string;
  /** How long its token is good for. Default 3 h. */
  readonly tokenHours?: number;
  /** Default true: resolve when `/readyz` says so, at the latest after 60 s. */
  readonly waitReady?: boolean;
}

interface Container {
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
  }[];
}

const READY_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 30_000;

/** Every object of a folder of manifests, in the order in which `kubectl apply -f` takes them. */
export function readManifests(dist: string): readonly KubeObject[] {
  const files = readdirSync(dist)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return files
    .flatMap((name) => parseAllDocuments(readFileSync(join(dist, name), 'utf8')))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

/**
 * Starts the operator as its Deployment does: the program from the ConfigMaps that the pod mounts, with the flags, arguments and
 * variables of the container. Only the folder, the port and the kubeconfig are this machine's.
 */
export async function startOperatorProcess(options: OperatorProcessOptions): Promise<OperatorProcess> {
  const { dist, folder } = options;
  mkdirSync(folder, { recursive: true });
  const objects = readManifests(dist);
  const container = operatorContainer(objects);
  const program = join(folder, 'operator.mjs');
  writeFileSync(program, operatorProgram(objects));
  const kubeconfig = await serviceAccountConfig(options);
  const [port = 0] = await freePorts(1);
  const log = join(folder, 'operator.log');
  const output = openSync(log, 'a');
  const command = container.command ?? [];
  const flags = command.slice(1, command.indexOf('--input-type=module'));
  const args = container.args.map((value, index) => (container.args[index - 1] === '--listen' ? `127.0.0.1:${port}` : value));
  const child = spawn(process.execPath, [...flags, program, ...args, '--kubeconfig', kubeconfig], {
    cwd: folder,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], ...variables(container) },
  });
  closeSync(output);
  const ended = new Promise<number | undefined>((resolve) => child.once('close', (code) => resolve(code ?? undefined)));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  void ended.then(() => process.off('exit', endWithUs));
  if (options.waitReady ?? true) await ready(child, port, log);
  return {
    pid: child.pid ?? 0,
    log,
    ended,
    metrics: () => text(port, '/metrics'),
    stop: () => stop(child, ended),
  };
}

function operatorContainer(objects: readonly KubeObject[]): Container {
  const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'duotel-operator');
  const spec = deployment?.['spec'] as { template: { spec: { containers: readonly Container[] } } } | undefined;
  const container = spec?.template.spec.containers[0];
  if (container === undefined) throw new ToolError('the manifests hold no Deployment duotel-operator');
  return container;
}

/** The program out of the ConfigMaps, joined in the order of their keys as the pod's loader does. */
function operatorProgram(objects: readonly KubeObject[]): Buffer {
  const parts = objects
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap((object) => Object.entries((object['binaryData'] ?? {}) as Readonly<Record<string, string>>))
    .filter(([key]) => key.startsWith('part-'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (parts.length === 0) throw new ToolError('the manifests hold no ConfigMap with a part of the program');
  return brotliDecompressSync(Buffer.concat(parts.map(([, data]) => Buffer.from(data, 'base64'))));
}

function variables({ env = [] }: Container): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.namespace': SYSTEM_NAMESPACE,
    'metadata.name': `duotel-operator-${process.pid}`,
  };
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? '']));
}

/** A kubeconfig with a token of the operator's service account: it may do what the manifests allow it, and no more. */
async function serviceAccountConfig({ cluster, folder, server, tokenHours = 3 }: OperatorProcessOptions): Promise<string> {
  const ask = async (args: readonly string[]): Promise<string> => {
    const { stdout, stderr, code } = await cluster.kubectl(args);
    if (code !== 0) throw new ToolError(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const token = await ask(['create', 'token', 'duotel-operator', '--namespace', SYSTEM_NAMESPACE, '--duration', `${tokenHours}h`]);
  const raw = JSON.parse(await ask(['config', 'view', '--raw', '--output', 'json'])) as {
    readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
    readonly users: readonly { readonly name: string }[];
  };
  const path = join(folder, 'kubeconfig');
  const config = {
    ...raw,
    clusters: raw.clusters.map((entry) => ({ ...entry, cluster: { ...entry.cluster, ...(server !== undefined && { server }) } })),
    users: raw.users.map(({ name }) => ({ name, user: { token: token.trim() } })),
  };
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return path;
}

async function ready(child: ChildProcess, port: number, log: string): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new ToolError(`the operator ended at its start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
    try {
      await text(port, '/readyz');
      return;
    } catch {
      // Not listening yet, or not ready.
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new ToolError(`the operator was not ready within ${READY_LIMIT_MS / 1000} s:\n${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    await sleep(10);
  }
}

async function text(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
  return body;
}

async function stop(child: ChildProcess, ended: Promise<number | undefined>): Promise<number | undefined> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  const code = await ended;
  clearTimeout(timer);
  return code;
}
