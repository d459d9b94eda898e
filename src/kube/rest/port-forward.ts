import { createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { type CredentialsSource, loadKubeConfig } from './credentials.ts';

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** A listener on this machine's loopback whose connections end in a pod. */
export interface Forwarding {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends the listener and its connections. May be called twice. */
  close(): Promise<void>;
}

/** Streams of the API server's port-forward protocol: the bytes, and what went wrong; each begins with two bytes that repeat the port. */
const DATA = 0;
const ERROR = 1;
const PORT_PREFIX = 2;

/**
 * Listens on a free loopback port and carries each connection to a port of a pod, through the API server and the kubelet. This way needs no
 * Service and no Ingress, and NetworkPolicies do not stop it. One WebSocket a connection.
 */
export async function forwardPort(source: CredentialsSource, target: PodPort): Promise<Forwarding> {
  const config = await loadKubeConfig(source);
  const { WebSocketHandler: Handler } = await import('@kubernetes/client-node/dist/web-socket-handler.js');
  const handler = new Handler(config);
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A client that goes away is no error of ours.
    socket.on('error', () => socket.destroy());
    carry(handler, target, socket).catch((error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}

async function carry(handler: WebSocketHandler, { namespace, pod, port }: PodPort, socket: Socket): Promise<void> {
  // Data from the client waits here until the WebSocket is open.
  const upstream = socket.pipe(new PassThrough());
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward?ports=${port}`;
  const started = new Set<number>();
  const connection = await handler.connect(path, null, (stream, bytes) => {
    const payload = started.has(stream) ? bytes : bytes.subarray(PORT_PREFIX);
    started.add(stream);
    if (stream === DATA && payload.length > 0) socket.write(payload);
    if (stream === ERROR && payload.length > 0) socket.destroy();
    return !socket.destroyed;
  });
  connection.onclose = () => socket.end();
  connection.onerror = () => socket.destroy();
  upstream.on('data', (bytes: Buffer) => connection.send(Buffer.concat([Buffer.of(DATA), bytes])));
  const leave = (): void => connection.close();
  socket.once('close', leave);
  if (socket.destroyed) leave();
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the listener has no port'));
    });
  });
}
