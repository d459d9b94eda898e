import { type Dirent, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Mount points of the cgroup hierarchies in the text of `/proc/mounts`: several in version 1, one in version 2. */
export function cgroupMounts(mounts: string): readonly { readonly path: string; readonly version: 1 | 2 }[] {
  return mounts.split('\n').flatMap((line) => {
    const [, path, type] = line.split(' ');
    if (path === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    return [{ path, version: type === 'cgroup' ? (1 as const) : (2 as const) }];
  });
}

const hierarchies = () => cgroupMounts(readFileSync('/proc/mounts', 'utf8'));

/** Makes the cgroup below which the kubelet puts all pods of this cluster, in every hierarchy. */
export function createCgroup(name: string): void {
  for (const { path, version } of hierarchies()) {
    const folder = join(path, name);
    mkdirSync(folder, { recursive: true });
    // A new version 1 cpuset is empty, and no process can enter it before it has processors and memory.
    for (const file of version === 1 ? ['cpuset.cpus', 'cpuset.mems'] : []) {
      if (existsSync(join(path, file))) writeFileSync(join(folder, file), readFileSync(join(path, file)));
    }
    if (version === 2) delegateControllers(path, folder);
  }
}

/** Version 2: children have a controller only if each parent passes it on. */
function delegateControllers(root: string, folder: string): void {
  const controllers = readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim();
  if (controllers === '') return;
  const wanted = controllers
    .split(' ')
    .map((controller) => `+${controller}`)
    .join(' ');
  writeFileSync(join(root, 'cgroup.subtree_control'), wanted);
  writeFileSync(join(folder, 'cgroup.subtree_control'), wanted);
}

/** Ids of all processes at or below the cgroup, in any hierarchy. */
export function cgroupProcesses(name: string): readonly number[] {
  const ids = new Set<number>();
  for (const { path } of hierarchies()) {
    for (const folder of tree(join(path, name))) {
      try {
        for (const id of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n')) if (id !== '') ids.add(Number(id));
      } catch {
        // The cgroup went away between the listing and the reading.
      }
    }
  }
  return [...ids];
}

/** Removes the cgroup and all below it; returns what could not be removed (a process is still inside). */
export function removeCgroup(name: string): readonly string[] {
  const left: string[] = [];
  for (const { path } of hierarchies()) {
    for (const folder of tree(join(path, name)).reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        if (existsSync(folder)) left.push(folder);
      }
    }
  }
  return left;
}

/** The folder and all folders below it, parents first; empty when it does not exist, or no longer: a kubelet takes them away meanwhile. */
function tree(folder: string): string[] {
  let entries: readonly Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return [folder, ...entries.filter((entry) => entry.isDirectory()).flatMap((entry) => tree(join(folder, entry.name)))];
}
