import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TarEntry } from './tar.ts';

/** Entries for everything below `folder`, parents first, in the order of their names; `leaveOut` sees paths relative to `folder`. */
export function* treeEntries(folder: string, leaveOut: (path: string) => boolean = () => false): Generator<TarEntry> {
  const seen = new Map<string, string>();
  yield* walk(folder, '', leaveOut, seen);
}

function* walk(root: string, below: string, leaveOut: (path: string) => boolean, seen: Map<string, string>): Generator<TarEntry> {
  for (const child of readdirSync(join(root, below)).sort()) {
    const name = below === '' ? child : `${below}/${child}`;
    if (leaveOut(name)) continue;
    const path = join(root, name);
    const stat = lstatSync(path);
    const common = { name, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: stat.mtimeMs / 1000 };
    if (stat.isDirectory()) {
      yield { ...common, type: 'directory' };
      yield* walk(root, name, leaveOut, seen);
    } else if (stat.isSymbolicLink()) {
      yield { ...common, type: 'symlink', target: readlinkSync(path) };
    } else if (stat.isFile()) {
      const first = seen.get(`${stat.dev}:${stat.ino}`);
      if (first !== undefined) {
        yield { ...common, type: 'link', target: first };
        continue;
      }
      if (stat.nlink > 1) seen.set(`${stat.dev}:${stat.ino}`, name);
      yield { ...common, type: 'file', content: { path, size: stat.size } };
    }
    // Device nodes, sockets and pipes are made by the container runtime where they are needed.
  }
}
