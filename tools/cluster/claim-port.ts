import { createSocket } from 'node:dgram';

/**
 * Claims a TCP port of the loopback interface among the programs of this repository, until this process ends: takes the UDP port of the
 * same number, which none of them listens on. A free TCP port stays free until a server is started on it, and while that is restarted; two
 * test runs that look at the same time would both choose it. The kernel gives back what a killed process held, unlike a lock file.
 * False: another one has it.
 */
export function claimPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });
}
