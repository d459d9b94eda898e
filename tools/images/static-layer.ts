import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BinaryName } from '../build/binaries.ts';
import type { LayerSource } from './layer.ts';
import type { TarEntry } from './tar.ts';

/** One file of a static image and the program that goes there. */
export interface StaticFile {
  readonly binary: BinaryName;
  /** Path of the built binary; it lies in a folder named by its content key, so it stands for its content. */
  readonly source: string;
  /** Absolute path in the image. */
  readonly path: string;
}

/** A layer with static programs, `/tmp` and the account files, and nothing else: no shell, no loader. */
export function staticLayer(label: string, files: readonly StaticFile[]): LayerSource {
  return {
    title: `making the layer of image ${label}`,
    key: [label, 'static-1', ...files.flatMap(({ source, path }) => [source, path])],
    entries: async () => [...baseEntries(), ...files.flatMap(({ source, path }) => fileEntries(source, path))],
  };
}

/** `/tmp` and the files that programs read to turn user ids into names and host names into addresses. */
export function baseEntries(): readonly TarEntry[] {
  const text = (name: string, content: string): TarEntry => ({ type: 'file', name, mode: 0o644, content: Buffer.from(content) });
  return [
    { type: 'directory', name: 'etc', mode: 0o755 },
    text(
      'etc/passwd',
      'root:x:0:0::/root:/sbin/nologin\nnode:x:1000:1000::/tmp:/sbin/nologin\nduotel:x:10001:10001::/tmp:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n',
    ),
    text('etc/group', 'root:x:0:\nnode:x:1000:\nduotel:x:10001:\nnogroup:x:65534:\n'),
    text('etc/nsswitch.conf', 'hosts: files dns\n'),
    { type: 'directory', name: 'tmp', mode: 0o1777 },
  ];
}

/** A program at a path, with the folders above it. */
export function fileEntries(source: string, path: string): readonly TarEntry[] {
  const folders: TarEntry[] = [];
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder))
    folders.unshift({ type: 'directory', name: folder.slice(1), mode: 0o755 });
  return [...folders, { type: 'file', name: path.slice(1), mode: 0o755, content: { path: source, size: statSync(source).size } }];
}
