import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Processes of this one that do nothing but work. */
export class BusyLoops {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static start(count: number): BusyLoops {
    const program = join(import.meta.dirname, 'busy-loop-process.ts');
    // In a group of their own: Ctrl-C ends the tests first, and they are to end under the load that they ran under.
    return new BusyLoops(
      Array.from({ length: count }, () => spawn(process.execPath, [program, String(process.pid)], { stdio: 'ignore', detached: true })),
    );
  }

  get pids(): readonly number[] {
    return this.#children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Resolves when all of them are gone. */
  async end(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(
      running.map(async (child) => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }
}
