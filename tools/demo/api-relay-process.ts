/**
 * Runs inside the network namespace of a cluster: `api-relay-process.ts HOST PORT`. Takes a listening socket from its parent and carries
 * each connection to HOST:PORT. Ends with its parent.
 */
import { connect, type Server } from 'node:net';

const [host = '', port = ''] = process.argv.slice(2);

process.once('message', (_message, handle) => {
  const server = handle as Server;
  server.on('connection', (outside) => {
    const inside = connect({ host, port: Number(port), noDelay: true });
    outside.setNoDelay(true);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  });
  process.send?.('ready');
});
process.once('disconnect', () => process.exit(0));
// The terminal sends its interrupt to every process: the parent still needs the way while it cleans up.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
