import { existsSync } from 'node:fs';
import { findProgram } from '../lib/packages.ts';
import { run, runOk } from '../lib/run.ts';

/** Address of the node inside its namespace: API server, kubelet and DNS answer here. */
export const NODE_IP = '10.88.0.1';
/** Addresses of node and pods. Each cluster has a namespace of its own, so all use the same. */
export const POD_CIDR = '10.88.0.0/16';

const ip = () => findProgram('ip') ?? 'ip';

/** Path that `nsenter --net=` takes. */
export function netnsPath(netns: string): string {
  return `/var/run/netns/${netns}`;
}

/**
 * Makes the network namespace of a cluster. The node's address lies on one end of a veth pair, whose only purpose is to be a device
 * with a carrier; a default route over it lets connections to Service addresses be routed at all, before nftables redirects them.
 * Pods hang on veth pairs of their own (CNI plugin `ptp`), so no bridge and no bridge netfilter is needed. Nothing leads out.
 */
export async function createNetwork(netns: string): Promise<void> {
  const inside = (...args: readonly string[]) => runOk(ip(), ['-netns', netns, ...args]);
  await runOk(ip(), ['netns', 'add', netns]);
  await inside('link', 'set', 'lo', 'up');
  await inside('link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'node1');
  await inside('address', 'add', `${NODE_IP}/32`, 'dev', 'node0');
  await inside('link', 'set', 'node0', 'up');
  await inside('link', 'set', 'node1', 'up');
  await inside('route', 'add', 'default', 'dev', 'node0', 'src', NODE_IP);
  await runOk('nsenter', [`--net=${netnsPath(netns)}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** Ids of the processes inside the namespace. */
export async function processesIn(netns: string): Promise<readonly number[]> {
  if (!existsSync(netnsPath(netns))) return [];
  const { stdout } = await run(ip(), ['netns', 'pids', netns]);
  return stdout.split(/\s+/).filter(Boolean).map(Number);
}

export async function deleteNetwork(netns: string): Promise<void> {
  if (existsSync(netnsPath(netns))) await runOk(ip(), ['netns', 'delete', netns]);
}
