import { execFile } from 'node:child_process';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line from its sources, as a person would. `kubeconfig`: the cluster that it finds by itself; none: none. */
export function cli(args: readonly string[], options: { readonly input?: string; readonly kubeconfig?: string } = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      ...(options.kubeconfig !== undefined && { KUBECONFIG: options.kubeconfig }),
    };
    const child = execFile(
      process.execPath,
      ['src/cli/main.ts', ...args],
      { env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(error);
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}
