import { run } from '../tools/lib/run.ts';
import { ToolError } from '../tools/lib/tool-error.ts';

/** What one operation cost. */
export interface Cost {
  readonly seconds: number;
  /** CPU time in user mode, of the process that did it. */
  readonly userSeconds: number;
}

/** Runs a command to its end, its start included. Throws ToolError when it fails. */
export async function timedCommand(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Cost> {
  // bash's own `time` reports CPU of the child by wait4, to the millisecond.
  const script = 'TIMEFORMAT="TIMES %R %U"; time "$0" "$@"';
  const { stderr, code } = await run('bash', ['-c', script, command, ...args], { env, timeoutMs: 15 * 60_000 });
  const times = /TIMES (\S+) (\S+)/.exec(stderr);
  if (code !== 0 || times === null)
    throw new ToolError(`${command} ${args.join(' ')} failed with exit code ${code}:\n${stderr.slice(-2000)}`);
  return { seconds: Number(times[1]), userSeconds: Number(times[2]) };
}

/** Does something in this process. */
export async function timedHere(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000, userSeconds: process.cpuUsage(cpu).user / 1e6 };
}
