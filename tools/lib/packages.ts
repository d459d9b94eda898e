import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { step } from './progress.ts';
import { runOk } from './run.ts';
import { ToolError } from './tool-error.ts';

/** Something a step needs that a Debian package brings. */
export interface Requirement {
  /** Debian and Ubuntu package. */
  readonly package: string;
  /** Present when one of these exists: absolute paths, or program names looked up on PATH and in the sbin folders. Empty: known to be missing. */
  readonly anyOf: readonly string[];
}

/** Where CNI plugins lie: the Debian package's folder, then the upstream's. */
export const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin'] as const;

/** What a node needs beside the binaries that are built. */
export const NODE_REQUIREMENTS: readonly Requirement[] = [
  { package: 'iproute2', anyOf: ['ip'] },
  { package: 'util-linux', anyOf: ['nsenter'] },
  { package: 'runc', anyOf: ['runc'] },
  { package: 'containernetworking-plugins', anyOf: CNI_FOLDERS.map((folder) => join(folder, 'ptp')) },
  { package: 'nftables', anyOf: ['nft'] },
  { package: 'mount', anyOf: ['mount'] },
];

/** What building the Python images needs. */
export const IMAGE_REQUIREMENTS: readonly Requirement[] = [{ package: 'debootstrap', anyOf: ['debootstrap'] }];

/** A machine, as far as installing packages goes. */
export interface Machine {
  readonly root: boolean;
  /** ID and ID_LIKE of /etc/os-release, or empty. */
  readonly distributions: readonly string[];
}

/** Absolute path of a program on PATH or in the sbin folders, which an ordinary user's PATH leaves out; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const paths = name.startsWith('/') ? [name] : folders.filter((folder) => folder !== '').map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What to do about missing packages: nothing, install them, or stop with the reason and the command. Pure. */
export function planPackages(
  missing: readonly Requirement[],
  machine: Machine,
):
  | { readonly action: 'none' }
  | { readonly action: 'install'; readonly packages: readonly string[] }
  | { readonly action: 'refuse'; readonly message: string; readonly hint: string } {
  if (missing.length === 0) return { action: 'none' };
  const packages = missing.map((requirement) => requirement.package);
  const names = missing.map((requirement) => requirement.anyOf[0] ?? requirement.package).join(', ');
  const debian = machine.distributions.some((id) => id === 'debian' || id === 'ubuntu');
  const command = `apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  if (!debian) {
    return {
      action: 'refuse',
      message: `missing: ${names}`,
      hint: `the embedded cluster installs what it needs on Debian and Ubuntu only; install the equivalents of the Debian packages ${packages.join(' ')}, or use a cluster of yours with --context`,
    };
  }
  if (!machine.root)
    return { action: 'refuse', message: `missing: ${names}, and only root may install packages`, hint: `sudo sh -c '${command}'` };
  return { action: 'install', packages };
}

/** Makes sure that the requirements are met, installing Debian packages when that is possible; throws ToolError with the command when not. */
export async function ensurePackages(requirements: readonly Requirement[]): Promise<void> {
  const missing = requirements.filter(({ anyOf }) => !anyOf.some((item) => findProgram(item) !== undefined));
  const plan = planPackages(missing, readMachine());
  switch (plan.action) {
    case 'none':
      return;
    case 'refuse':
      throw new ToolError(plan.message, plan.hint);
    case 'install':
      await step(`installing Debian packages ${plan.packages.join(', ')}`, async (note) => {
        const env = { DEBIAN_FRONTEND: 'noninteractive' };
        note('apt-get update');
        await runOk('apt-get', ['update'], { env, timeoutMs: 300_000 });
        note('apt-get install');
        await runOk('apt-get', ['install', '--yes', '--no-install-recommends', ...plan.packages], { env, timeoutMs: 600_000 });
      });
      return;
    default:
      plan satisfies never;
  }
}

/** This machine, from /etc/os-release and the user id. */
export function readMachine(): Machine {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return {
    root: process.getuid?.() === 0,
    distributions: [osReleaseField(release, 'ID'), ...osReleaseField(release, 'ID_LIKE').split(' ')],
  };
}

/** A field of os-release, without its quotes; empty when absent. */
export function osReleaseField(text: string, key: string): string {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}=`));
  return line === undefined ? '' : line.slice(key.length + 1).replaceAll(/^["']|["']$/g, '');
}
