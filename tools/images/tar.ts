import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

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
  | (Common & { readonly type: 'file'; readonly content: Uint8Array | FileContent });

interface FileContent {
  readonly path: string;
  readonly size: number;
}

type EntryHeader = Parameters<Pack['entry']>[0];

/** A POSIX.1-2001 archive, piece by piece: the same entries give the same bytes. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filled = fill(archive, entries);
  filled.catch((error: Error) => archive.destroy(error));
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } catch (error) {
    // Its error says which file it was.
    await filled;
    throw error;
  }
}

async function fill(archive: Pack, entries: Iterable<TarEntry>): Promise<void> {
  for (const entry of entries) {
    const header = headerOf(entry);
    if (entry.type !== 'file') archive.entry(header);
    else if (entry.content instanceof Uint8Array) archive.entry(header, Buffer.from(entry.content));
    else await addFile(archive, header, entry.content);
  }
  archive.finalize();
}

async function addFile(archive: Pack, header: EntryHeader, { path, size }: FileContent): Promise<void> {
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), archive.entry({ ...header, size }));
  } catch (cause) {
    throw new Error(`${path}: expected a file of ${size} bytes that nobody changes meanwhile: ${(cause as Error).message}`, { cause });
  }
}

function headerOf(entry: TarEntry): EntryHeader {
  const { type, name, mode, uid = 0, gid = 0, mtime = 0 } = entry;
  return { type, name, mode, uid, gid, mtime: new Date(mtime * 1000), ...('target' in entry && { linkname: entry.target }) };
}
