import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from '../lib/process-identity.ts';
import { ToolError } from '../lib/tool-error.ts';

export interface Launch {
  /** Short name: key in the state, and `log/<name>.log`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts the long-running processes of one cluster and tells `record` about each at once, before anything can fail.
 * Each runs in a session of its own (an interrupt on the terminal must not reach it) with its output in a log file.
 */
export class Launcher {
  readonly #folder: string;
  readonly #record: (name: string, identity: ProcessIdentity) => void;
  readonly #netns: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #running = new Map<string, ProcessIdentity>();

  constructor(
    folder: string,
    record: (name: string, identity: ProcessIdentity) => void,
    options: { readonly netns?: string; readonly signal?: AbortSignal } = {},
  ) {
    this.#folder = folder;
    this.#record = record;
    this.#netns = options.netns;
    this.#signal = options.signal;
  }

  async start({ name, command, args, env }: Launch): Promise<void> {
    this.#signal?.throwIfAborted();
    mkdirSync(join(this.#folder, 'log'), { recursive: true });
    const log = openSync(this.logPath(name), 'a');
    try {
      const [program, programArgs] =
        this.#netns === undefined ? [command, args] : ['nsenter', [`--net=/var/run/netns/${this.#netns}`, command, ...args]];
      const child = spawn(program, programArgs, {
        cwd: this.#folder,
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...process.env, ...env },
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      child.unref();
      // nsenter replaces itself by the program: the id and the start time stay.
      const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
      if (identity === undefined) throw new ToolError(`${name} ended at once:\n${this.logEnd(name)}`);
      this.#running.set(name, identity);
      this.#record(name, identity);
    } finally {
      closeSync(log);
    }
  }

  /** Waits until `ready` is true. Ends early, with the end of the log, when a started process has died: that never looks like a slow one. */
  async waitUntil(what: string, limitMs: number, ready: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      this.#signal?.throwIfAborted();
      if (await ready()) return;
      for (const [name, identity] of this.#running) {
        if (!isRunning(identity))
          throw new ToolError(`${name} ended while waiting for ${what}; the end of ${this.logPath(name)}:\n${this.logEnd(name)}`);
      }
      if (performance.now() > deadline) {
        throw new ToolError(`${what} did not happen within ${limitMs / 1000} s`, `look at the logs in ${join(this.#folder, 'log')}`);
      }
      await sleep(50);
    }
  }

  logPath(name: string): string {
    return join(this.#folder, 'log', `${name}.log`);
  }

  logEnd(name: string): string {
    const path = this.logPath(name);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-12).join('\n') : '(no log)';
  }
}
