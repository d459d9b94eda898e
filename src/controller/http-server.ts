import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Probes {
  /** false when the process must be restarted. */
  readonly alive: () => boolean;
  /** Why this process is not ready: the first lists are not in, or nothing has been heard for too long. undefined: it is ready. */
  readonly notReady: () => string | undefined;
  /** Prometheus text exposition. */
  readonly metrics: () => Promise<string>;
  /** Called with what went wrong; the process goes on. `what`: the path that was asked for, or `connection`. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Default: plain text. */
  readonly type?: string;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`. Resolves when it listens; port 0 picks a free one. A look that fails is answered with 500:
 * whoever looks is told, and the controllers, which have nothing to do with it, go on.
 * @throws Error when it can not listen.
 */
export function serveProbes(probes: Probes, listen: { readonly host: string; readonly port: number }): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    look(probes, path)
      .catch((error: unknown): Answer => {
        probes.onTrouble(path, error);
        // Its text stays in the log: nobody knows what it holds, and whoever can reach the port reads this.
        return { status: 500, body: `${path} failed: the operator's log says why\n` };
      })
      .then(({ status, body, type = 'text/plain; charset=utf-8' }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => {
      // From now on it is a connection that was not accepted, for want of file descriptors, say.
      server.removeListener('error', reject);
      server.on('error', (error) => probes.onTrouble('connection', error));
      resolve(server);
    });
  });
}

async function look(probes: Probes, path: string): Promise<Answer> {
  switch (path) {
    case '/healthz':
      return probes.alive() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'event loop is stuck\n' };
    case '/readyz': {
      const reason = probes.notReady();
      return reason === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${reason}\n` };
    }
    case '/metrics':
      return { status: 200, body: await probes.metrics(), type: 'text/plain; version=0.0.4; charset=utf-8' };
    default:
      return { status: 404, body: 'not found: /healthz, /readyz and /metrics are served\n' };
  }
}

/** Ends the server, with a second for the answers under way. */
export async function closeProbes(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([done, delay(1000, undefined, { ref: false })]);
  server.closeAllConnections();
}
