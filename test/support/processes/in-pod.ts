import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a root of this machine's folders and what is below $1 beside them, with the hosts file $2, and runs the rest in it. */
const SCRIPT = `
files=$1 hosts=$2 root=$3
shift 3
mount -t tmpfs tmpfs "$root"
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" "$root/"
  elif [ -d "$entry" ]; then mkdir "$root$entry" && mount --rbind "$entry" "$root$entry"
  fi
done
for entry in "$files"/*; do mkdir "$root/\${entry##*/}" && mount --rbind "$entry" "$root/\${entry##*/}"; done
mount --bind "$hosts" "$root/etc/hosts"
exec chroot "$root" "$@"
`;

export interface PodView {
  /** A folder for what this function writes. */
  readonly folder: string;
  /** Holds what volumes show, by their paths from the top: no folder of this machine may have the name of its top folder. */
  readonly files: string;
  /** Addresses by the name of a Service, in place of the cluster's DNS. */
  readonly hosts: Readonly<Record<string, string>>;
}

/**
 * The command that runs a program with what a pod sees of its volumes and of DNS, so that paths and addresses need no change: in a mount
 * namespace of its own. Needs no root where the kernel lets users make namespaces.
 */
export function inPod(
  { folder, files, hosts }: PodView,
  command: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  const root = join(folder, 'root');
  const hostsFile = join(folder, 'hosts');
  mkdirSync(root, { recursive: true });
  writeFileSync(
    hostsFile,
    Object.entries({ localhost: '127.0.0.1', ...hosts })
      .map(([name, address]) => `${address} ${name}\n`)
      .join(''),
  );
  return { program: 'unshare', args: ['--map-root-user', '--mount', 'sh', '-euc', SCRIPT, 'sh', files, hostsFile, root, ...command] };
}
