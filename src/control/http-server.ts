import { createServer, type Server } from 'node:http';

export interface Probes {
  /** false when the process must be restarted. */
  readonly alive: () => boolean;
  /** false until the first lists are in. */
  readonly ready: () => boolean;
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
      case '/readyz':
        return probes.ready() ? answer(200, 'ok\n') : answer(503, 'not synced yet\n');
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
