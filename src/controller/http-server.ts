import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Probes {
  /** false when the process must be restarted. */
  readonly alive: () => boolean;
  /** Why this process is not ready: the first lists are not in, or nothing is heard any more. undefined: it is. */
  readonly notReady: () => string | undefined;
  /** Prometheus text exposition. */
  readonly metrics: () => Promise<string>;
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Resolves when it listens; port 0 picks a free one. */
export function serveProbes(probes: Probes, listen: { readonly host: string; readonly port: number }): Promise<Server> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return probes.alive() ? answer(200, 'ok\n') : answer(503, 'event loop is stuck\n');
      case '/readyz': {
        const reason = probes.notReady();
        return reason === undefined ? answer(200, 'ok\n') : answer(503, `${reason}\n`);
      }
      case '/metrics':
        return answer(200, await probes.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
      default:
        return answer(404, 'not found: /healthz, /readyz and /metrics are served\n');
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => resolve(server));
  });
}

/** Ends the server, with a second for the answers under way. */
export async function closeProbes(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([done, delay(1000, undefined, { ref: false })]);
  server.closeAllConnections();
}
