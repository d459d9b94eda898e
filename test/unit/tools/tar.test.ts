import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TarEntry, tar } from '../../../tools/images/tar.ts';
import { treeEntries } from '../../../tools/images/tree-entries.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes an archive and lets the system's tar unpack it: the judge is another implementation. */
async function unpack(entries: Iterable<TarEntry>): Promise<string> {
  const target = join(folder, 'out');
  mkdirSync(target);
  await pipeline(Readable.from(tar(entries)), createWriteStream(join(folder, 'a.tar')));
  execFileSync('tar', ['--extract', '--preserve-permissions', '--no-same-owner', '--file', join(folder, 'a.tar'), '--directory', target]);
  return target;
}

describe('an archive that we write', () => {
  it('is unpacked by tar with the same files, folders, links and permissions', async () => {
    const out = await unpack([
      { type: 'directory', name: 'tmp', mode: 0o1777 },
      { type: 'file', name: 'tmp/program', mode: 0o755, content: Buffer.from('x'.repeat(513)) },
      { type: 'file', name: 'tmp/empty', mode: 0o644, content: Buffer.alloc(0) },
      { type: 'symlink', name: 'tmp/python', mode: 0o777, target: '/usr/bin/python3' },
      { type: 'link', name: 'tmp/same', mode: 0o755, target: 'tmp/program' },
    ]);
    expect(statSync(join(out, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(statSync(join(out, 'tmp/program')).mode & 0o7777).toBe(0o755);
    expect(readFileSync(join(out, 'tmp/program'), 'utf8')).toBe('x'.repeat(513));
    expect(statSync(join(out, 'tmp/empty')).size).toBe(0);
    expect(readlinkSync(join(out, 'tmp/python'))).toBe('/usr/bin/python3');
    expect(statSync(join(out, 'tmp/same')).ino).toBe(statSync(join(out, 'tmp/program')).ino);
  });

  it('keeps names and link targets of any length, also where the length of the pax record grows a digit', async () => {
    const names = [99, 100, 101, 120, 180].map((length) => 'n'.repeat(length));
    const deep = `${'folder/'.repeat(40)}file`;
    const out = await unpack([
      ...names.map((name): TarEntry => ({ type: 'file', name, mode: 0o644, content: Buffer.from(name) })),
      { type: 'file', name: deep, mode: 0o644, content: Buffer.from('deep') },
      { type: 'symlink', name: 'long-target', mode: 0o777, target: deep },
    ]);
    for (const name of names) expect(readFileSync(join(out, name), 'utf8')).toBe(name);
    expect(readFileSync(join(out, 'long-target'), 'utf8')).toBe('deep');
  });

  it('has the same bytes for the same content, whenever it is written', async () => {
    const entry: TarEntry = { type: 'file', name: 'a', mode: 0o644, content: Buffer.from('a') };
    const bytes = await buffer(tar([entry]));
    expect(await buffer(tar([{ ...entry }]))).toEqual(bytes);
    // The header's time of modification, in octal.
    expect(bytes.subarray(136, 147).toString()).toBe('00000000000');
  });

  it.each([1, 3])('ends with an error that names a file of 2 bytes that was to have %d', async (size) => {
    const path = join(folder, 'changed');
    writeFileSync(path, 'ab');
    const entry: TarEntry = { type: 'file', name: 'a', mode: 0o644, content: { path, size } };
    await expect(buffer(tar([entry]))).rejects.toThrow(path);
  });

  it('holds a tree with its links, without what is left out', async () => {
    const source = join(folder, 'tree');
    mkdirSync(join(source, 'usr/share/doc'), { recursive: true });
    writeFileSync(join(source, 'usr/share/doc/readme'), 'no');
    writeFileSync(join(source, 'usr/b'), 'content');
    linkSync(join(source, 'usr/b'), join(source, 'usr/c'));
    symlinkSync('usr/b', join(source, 'a'));
    const entries = [...treeEntries(source, (path) => path === 'usr/share/doc')];
    expect(entries.map(({ name, type }) => `${type} ${name}`)).toEqual([
      'symlink a',
      'directory usr',
      'file usr/b',
      'link usr/c',
      'directory usr/share',
    ]);
    expect(readFileSync(join(await unpack(entries), 'usr/c'), 'utf8')).toBe('content');
  });
});
