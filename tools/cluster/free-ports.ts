import { ToolError } from '../lib/tool-error.ts';
import { claimPort } from './claim-port.ts';
import { portIsFree } from './port-is-free.ts';

/**
 * Free TCP ports of the loopback interface, from 20000 to 32000: below the range that the kernel gives to outgoing connections,
 * so none of those takes a port between this check and the server's start. As long as this process lives, no other call gets them, in
 * whatever process.
 */
export async function freePorts(count: number, random: () => number = Math.random): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < 200 && ports.size < count; attempt++) {
    const port = 20_000 + Math.floor(random() * 12_000);
    if (!ports.has(port) && (await portIsFree(port)) && (await claimPort(port))) ports.add(port);
  }
  if (ports.size < count) throw new ToolError(`no ${count} free TCP ports on 127.0.0.1 between 20000 and 32000`);
  return [...ports];
}
