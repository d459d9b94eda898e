import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** File name -> text: the `dist` of a release. */
type Files = Readonly<Record<string, string>>;

/** Writes the files of a `dist` into one compressed file. Equal input, equal bytes. */
export function packDist(dist: string, archive: string): void {
  const files: Files = Object.fromEntries(
    readdirSync(dist)
      .sort()
      .map((name) => [name, readFileSync(join(dist, name), 'utf8')]),
  );
  const text = Buffer.from(JSON.stringify(files));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  mkdirSync(dirname(archive), { recursive: true });
  writeFileSync(archive, brotliCompressSync(text, { params }));
}

/** The reverse of {@link packDist}. */
export function unpackDist(archive: string, dist: string): void {
  mkdirSync(dist, { recursive: true });
  const files = JSON.parse(brotliDecompressSync(readFileSync(archive)).toString()) as Files;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dist, name), text);
}
