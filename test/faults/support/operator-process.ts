import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/time/eventually.ts';

/** What a process holds. */
export interface Holdings {
  /** Bytes in use after a collection of garbage. */
  readonly heap: number;
  readonly descriptors: number;
  /** Active timers, sockets and the like, by their kind in Node. */
  readonly resources: Readonly<Record<string, number>>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

export interface OperatorOptions {
  readonly kubeconfig: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Further options of `duotel operator`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const PROBE = fileURLToPath(new URL('probe.ts', import.meta.url));
const PROGRAM = process.env['DUOTEL_FAULTS_PROGRAM'] ?? 'build/operator.mjs';
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** The real program as a child process, to be killed, stopped and asked. */
export class OperatorProcess {
  readonly log: LogLine[] = [];
  /** Standard error: empty unless something has gone wrong inside. */
  errors = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #address: string | undefined;
  #questions = 0;

  constructor(options: OperatorOptions) {
    const { nodeOptions = [], args = [], env = {}, kubeconfig } = options;
    const program = [PROGRAM, 'operator', '--kubeconfig', kubeconfig, '--namespace', 'duotel', '--listen', '127.0.0.1:0', ...args];
    this.#child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, ...nodeOptions, ...program], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_COMPILE_CACHE: process.env['DUOTEL_FAULTS_CACHE'], ...env },
    });
    living.add(this.#child);
    this.#ended = new Promise((resolve) =>
      this.#child.once('exit', () => {
        living.delete(this.#child);
        resolve();
      }),
    );
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.log.push(line.startsWith('{') ? JSON.parse(line) : { message: line });
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk;
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Exit code, or the signal that ended it; undefined while it runs. */
  get ending(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined;
  }

  /** Resolves when its caches are in and its controllers run. */
  async started(seconds = 120): Promise<this> {
    await eventually(
      'the operator to start its controllers',
      async () => {
        if (!this.running) throw new Error(`it has ended: ${this.ending}: ${this.errors}`);
        return this.log.some(({ message }) => message === 'caches are in, controllers start');
      },
      seconds,
    );
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when the process is gone: nothing more of it can reach the API server. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM, then SIGKILL after `seconds`. @returns seconds that it took, and whether it ended by itself. */
  async terminate(seconds = 30): Promise<{ readonly seconds: number; readonly byItself: boolean }> {
    const begun = performance.now();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), seconds * 1000);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(timer);
    return { seconds: (performance.now() - begun) / 1000, byItself: this.#child.signalCode !== 'SIGKILL' };
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  async holdings(): Promise<Holdings> {
    const { heap, resources } = (await this.ask('stats')) as Pick<Holdings, 'heap' | 'resources'>;
    return { heap, resources, descriptors: readdirSync(`/proc/${this.#child.pid}/fd`).length };
  }

  /** Asks the probe inside; see probe.ts. */
  ask(ask: string, value?: number): Promise<unknown> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the operator did not answer "${ask}" within 30 s`)), 30_000);
      const listen = (answer: { readonly id: number }): void => {
        if (answer.id !== id) return;
        clearTimeout(timer);
        this.#child.off('message', listen);
        resolve(answer);
      };
      this.#child.on('message', listen);
      this.#child.send({ id, ask, value });
    });
  }

  /** Tells the probe something to which no answer will come. */
  tell(ask: string, value?: number): void {
    this.#child.send({ id: 0, ask, value });
  }

  /** GET of a path of its own server; status 0 when no answer came within a second, which is a kubelet's patience. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    this.#address ??= await this.#listening();
    try {
      const response = await fetch(`http://${this.#address}${path}`, { signal: AbortSignal.timeout(1000) });
      return { status: response.status, body: await response.text() };
    } catch {
      return { status: 0, body: '' };
    }
  }

  /** Where it listens, by the kernel's tables: port 0 lets several run at once. */
  async #listening(): Promise<string> {
    const { listeningPorts } = await import('./listening-ports.ts');
    return eventually('the operator to listen', async () => {
      const [port] = listeningPorts(this.#child.pid ?? 0);
      return port === undefined ? undefined : `127.0.0.1:${port}`;
    });
  }
}
