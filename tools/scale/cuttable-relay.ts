import { connect, createServer, type Socket } from 'node:net';

/** A way to the API server whose connections can all be cut at once: what a rolling API server or a load balancer does. */
export interface CuttableRelay {
  /** Base URL to use in place of the server's. */
  readonly url: string;
  /** Resets every connection that is open. Returns how many. */
  cut(): number;
  close(): Promise<void>;
}

/** TLS passes through: the certificate of the API server must name 127.0.0.1. */
export async function openCuttableRelay(server: string): Promise<CuttableRelay> {
  const { hostname, port } = new URL(server);
  const open = new Set<Socket>();
  const listener = createServer((outside) => {
    const inside = connect({ host: hostname, port: Number(port), noDelay: true });
    outside.setNoDelay(true);
    open.add(outside);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
    outside.on('close', () => {
      open.delete(outside);
      inside.destroy();
    });
    inside.on('close', () => outside.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no port');
  const cut = (): number => {
    const sockets = [...open];
    for (const socket of sockets) socket.resetAndDestroy();
    return sockets.length;
  };
  return {
    url: `https://127.0.0.1:${address.port}`,
    cut,
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
