import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from '../lib/progress.ts';
import { run } from '../lib/run.ts';
import { BINARIES, type BinaryName } from './binaries.ts';

/** Candidate paths of a program, best first: KUBEBUILDER_ASSETS (an explicit choice), then PATH. Pure. */
export function candidates(command: string, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const folders = [env['KUBEBUILDER_ASSETS'], ...(env['PATH'] ?? '').split(delimiter)];
  return folders.filter((folder) => folder !== undefined && folder !== '').map((folder) => join(folder ?? '', command));
}

/** Path of an installed program of the right version, or undefined. Says so when KUBEBUILDER_ASSETS holds one of another version. */
export async function installedBinary(
  name: BinaryName,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  const { installed } = BINARIES[name];
  if (installed === undefined) return undefined;
  const [first] = candidates(installed.command, env).filter(isExecutable);
  if (first === undefined) return undefined;
  const { stdout, stderr } = await run(first, installed.versionArgs, { timeoutMs: 20_000 });
  const version = `${stdout}\n${stderr}`;
  if (installed.accepts.test(version)) return first;
  if (env['KUBEBUILDER_ASSETS'] !== undefined && first.startsWith(env['KUBEBUILDER_ASSETS'])) {
    say(`${first} is not used: its version output does not match ${installed.accepts.source}`);
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
