import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ToolError } from './tool-error.ts';

export interface RunOptions {
  /** Text, or a stream that is piped in. */
  readonly input?: string | Uint8Array | Readable;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The command is killed after this long. Default 180,000 ms: no wait of these tools is unbounded. */
  readonly timeoutMs?: number;
  /** Called with each whole line of standard error, for progress. */
  readonly onStderrLine?: (line: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; 124 after the time limit and 128 when a signal ended the command. */
  readonly code: number;
}

/** Children that still run: they must not outlive an interrupted command. */
const living = new Set<ChildProcess>();
process.once('exit', endRunningCommands);

/** Ends all commands that run right now, for the handler of an interrupt; their callers see a failed command. */
export function endRunningCommands(): void {
  for (const child of living) child.kill('SIGTERM');
}

/** Runs a command to its end and returns what it wrote; throws ToolError only when the command cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const timeoutMs = options.timeoutMs ?? 180_000;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    living.add(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let partialLine = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      if (options.onStderrLine === undefined) return;
      const lines = (partialLine + chunk.toString()).split('\n');
      partialLine = lines.pop() ?? '';
      for (const line of lines) options.onStderrLine(line);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      living.delete(child);
      clearTimeout(timer);
      reject(error.code === 'ENOENT' ? new ToolError(`command ${command} was not found on PATH`) : error);
    });
    child.on('close', (code) => {
      living.delete(child);
      clearTimeout(timer);
      const errorText = Buffer.concat(stderr).toString();
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: timedOut ? `${errorText}\nended after the time limit of ${timeoutMs / 1000} s` : errorText,
        code: timedOut ? 124 : (code ?? 128),
      });
    });
    // A command that ends before it has read its input must not end this process with EPIPE.
    child.stdin.on('error', () => undefined);
    if (typeof options.input === 'object' && 'pipe' in options.input) options.input.pipe(child.stdin);
    else child.stdin.end(options.input ?? '');
  });
}

/** Like {@link run}, but a non-zero exit is an error that names the command and carries the end of its standard error. */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    const detail = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-15).join('\n  ');
    throw new ToolError(`${[command, ...args].join(' ').slice(0, 300)} failed with exit code ${result.code}:\n  ${detail}`);
  }
  return result;
}
