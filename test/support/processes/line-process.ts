import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { end } from './processes.ts';

const ANSWER_MS = 240_000;

/** A program that answers each line of standard input with one line of JSON that starts with `{`. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #answers: string[] = [];
  #errors = '';
  #wake: () => void = () => {};

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    if (this.#child.stdout !== null)
      createInterface(this.#child.stdout).on('line', (line) => {
        if (!line.startsWith('{')) return;
        this.#answers.push(line);
        this.#wake();
      });
    this.#child.stderr?.on('data', (data: Buffer) => (this.#errors += data));
    this.#child.on('close', () => this.#wake());
  }

  /** Sends a line and waits for the answer. @throws Error with what the program wrote to standard error when it ends or takes too long. */
  async ask(): Promise<unknown> {
    this.#child.stdin?.write('\n');
    const deadline = Date.now() + ANSWER_MS;
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return JSON.parse(answer) as unknown;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || Date.now() > deadline) throw new Error(`no answer (${ended ? 'ended' : 'too slow'}): ${this.#errors.slice(-3000)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1000).unref();
      });
    }
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
