import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Cluster } from '../cluster/cluster.ts';
import { ToolError } from '../lib/tool-error.ts';

/** A way from this machine's loopback to the API server of an embedded cluster. */
export interface ApiRelay {
  /** Path of an administrator's kubeconfig whose server is the relay. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
}

/**
 * Opens a loopback port on this machine whose connections end at the API server inside the cluster's network namespace. The listening
 * socket is made here and handed to a process inside the namespace, so it listens outside while that process connects inside.
 */
export async function openApiRelay(cluster: Cluster, folder: string): Promise<ApiRelay> {
  const listener = createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the listener has no port');
  const { hostname, port } = new URL(cluster.state.server);
  const { command, args, env } = cluster.inCluster(process.execPath, [join(import.meta.dirname, 'api-relay-process.ts'), hostname, port]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...env, NODE_OPTIONS: '' } });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => reject(new ToolError(`the relay into cluster ${cluster.state.name} ended with exit code ${code}`)));
      child.once('message', () => resolve());
      child.send('listen', listener);
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    listener.close();
  }
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Kubeconfig;
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  const clusters = config.clusters.map((entry) => ({
    ...entry,
    cluster: { ...entry.cluster, server: `https://127.0.0.1:${address.port}` },
  }));
  writeFileSync(kubeconfig, stringify({ ...config, clusters }), { mode: 0o600 });
  return {
    kubeconfig,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
