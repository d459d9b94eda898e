import { run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';

/** Oldest Go that the committed modules name in their `go` line. */
const MINIMUM = [1, 26, 7] as const;
const HINT =
  'install Go 1.26.7 or newer (https://go.dev/dl/, or `apt-get install golang-go` where the release has it), or put the binaries on PATH or in KUBEBUILDER_ASSETS';

export interface GoToolchain {
  readonly command: string;
  /** `go1.26.8 linux/amd64` */
  readonly description: string;
}

/** Names to try, best first; the last is where the official archive is unpacked, on many machines without being on PATH. */
const COMMANDS = ['go', '/usr/local/go/bin/go'] as const;

let found: Promise<GoToolchain> | undefined;

/** The Go compiler of this machine, looked for once. Throws ToolError, with what to install, when there is none or it is too old. */
export function goToolchain(): Promise<GoToolchain> {
  found ??= findToolchain(COMMANDS);
  return found;
}

/** The first of the commands that runs. See {@link goToolchain}. */
export async function findToolchain(commands: readonly string[]): Promise<GoToolchain> {
  for (const command of commands) {
    if (!(await works(command))) continue;
    const { stdout } = await run(command, ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { env: { GOWORK: 'off' } });
    const [version = '', os = '', arch = ''] = stdout.trim().split('\n');
    if (!isRecentEnough(version))
      throw new ToolError(`the Go toolchain is ${version || 'of unknown version'}, and 1.26.7 or newer is needed`, HINT);
    return { command, description: `${version} ${os}/${arch}` };
  }
  throw new ToolError('the Go toolchain is missing: it builds the Kubernetes and telemetry binaries', HINT);
}

async function works(command: string): Promise<boolean> {
  try {
    return (await run(command, ['version'])).code === 0;
  } catch {
    return false;
  }
}

/** Whether a `GOVERSION` such as `go1.26.8` can build the modules. */
export function isRecentEnough(goVersion: string): boolean {
  const numbers = /^go(\d+)\.(\d+)(?:\.(\d+))?/
    .exec(goVersion)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (numbers === undefined) return false;
  for (const [index, wanted] of MINIMUM.entries()) {
    const actual = numbers[index] ?? 0;
    if (actual !== wanted) return actual > wanted;
  }
  return true;
}
