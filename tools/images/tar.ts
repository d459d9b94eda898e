import { createReadStream } from 'node:fs';

interface Common {
  /** Path inside the archive, without a leading slash. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. Default 0: the same content gives the same bytes. */
  readonly mtime?: number;
}

export type TarEntry =
  | (Common & { readonly type: 'directory' })
  | (Common & { readonly type: 'symlink'; readonly target: string })
  /** A second name of a file that came before. */
  | (Common & { readonly type: 'link'; readonly target: string })
  | (Common & { readonly type: 'file'; readonly content: Uint8Array | { readonly path: string; readonly size: number } });

const BLOCK = 512;
const TYPE_FLAG = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
/** Octal fields are 11 digits: 8 GiB is the first size that does not fit. */
const SIZE_LIMIT = 8 * 1024 ** 3;

/** Writes a POSIX.1-2001 archive (ustar, with pax records for names over 100 bytes) piece by piece. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield tarHeader(entry);
    if (entry.type !== 'file') continue;
    if (entry.content instanceof Uint8Array) {
      yield entry.content;
    } else if (entry.content.size > 0) {
      let written = 0;
      for await (const chunk of createReadStream(entry.content.path, { highWaterMark: 1 << 20 })) {
        written += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      if (written !== entry.content.size)
        throw new Error(`${entry.content.path} changed while it was read: ${written} bytes, expected ${entry.content.size}`);
    }
    yield padding(sizeOf(entry));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The header blocks of one entry: a pax record first when a name is too long for the old fields. */
export function tarHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'directory' ? `${entry.name.replace(/\/$/, '')}/` : entry.name;
  const target = 'target' in entry ? entry.target : '';
  const records = [...paxRecord('path', name), ...paxRecord('linkpath', target)];
  const size = sizeOf(entry);
  if (size >= SIZE_LIMIT) throw new Error(`${entry.name} has ${size} bytes: a tar entry of these images holds less than 8 GiB`);
  const header = block({ ...entry, name, target, size, flag: TYPE_FLAG[entry.type] });
  if (records.length === 0) return header;
  const body = Buffer.from(records.join(''));
  return Buffer.concat([block({ name: 'pax', mode: 0o644, target: '', size: body.length, flag: 'x' }), body, padding(body.length), header]);
}

function sizeOf(entry: TarEntry): number {
  if (entry.type !== 'file') return 0;
  return entry.content instanceof Uint8Array ? entry.content.length : entry.content.size;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits; nothing for a value that fits the old field. */
function paxRecord(key: string, value: string): readonly string[] {
  if (Buffer.byteLength(value) <= 100) return [];
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return [`${length} ${key}=${value}\n`];
}

interface HeaderFields {
  readonly name: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly size: number;
  readonly target: string;
  readonly flag: string;
}

function block({ name, mode, uid = 0, gid = 0, mtime = 0, size, target, flag }: HeaderFields): Buffer {
  const header = Buffer.alloc(BLOCK);
  const text = (value: string, offset: number, length: number) => Buffer.from(value).copy(header, offset, 0, length);
  const octal = (value: number, offset: number, digits: number) => text(value.toString(8).padStart(digits, '0'), offset, digits);
  text(name, 0, 100);
  octal(mode & 0o7777, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(Math.max(0, Math.floor(mtime)), 136, 11);
  header.fill(' ', 148, 156);
  text(flag, 156, 1);
  text(target, 157, 100);
  text('ustar\u000000', 257, 8);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  text(`${checksum.toString(8).padStart(6, '0')}\u0000 `, 148, 8);
  return header;
}
