import type { Writable } from 'node:stream';

/**
 * Lets a reader leave early: `… | head -1` closes the pipe. Later output is dropped without an error, and the program goes on. Any other
 * fault of the stream is thrown as before.
 */
export function allowClosedPipe(output: Writable = process.stdout): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
