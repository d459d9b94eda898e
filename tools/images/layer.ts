import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cacheRoot, contentKey, storeOnce } from '../lib/cache.ts';
import { step } from '../lib/progress.ts';
import { type TarEntry, tar } from './tar.ts';

/** How to make a layer, and what its content depends on. */
export interface LayerSource {
  readonly title: string;
  /** All that decides the layer's content; the first part names it for people. */
  readonly key: readonly string[];
  /** Gives the entries; `scratch` is an empty folder that is removed afterwards. */
  entries(scratch: string, note: (text: string) => void): Promise<Iterable<TarEntry>>;
}

/** A layer in the cache: an uncompressed tar, whose digest is also its diff id. */
export interface Layer {
  readonly path: string;
  readonly size: number;
  /** 64 hex digits of SHA-256. */
  readonly digest: string;
}

/** The layer of the cache, made if it is not there. The caller holds the image lock. */
export async function ensureLayer(
  source: LayerSource,
  useScratch: <T>(work: (folder: string) => Promise<T>) => Promise<T>,
): Promise<Layer> {
  const [label = 'layer'] = source.key;
  const folder = join(cacheRoot(), 'layers', `${label}-${contentKey(source.key)}`);
  if (!existsSync(folder)) {
    await step(source.title, (note) =>
      storeOnce(folder, (temporary) =>
        useScratch(async (scratch) => {
          mkdirSync(temporary, { recursive: true });
          const hash = createHash('sha256');
          const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
            for await (const chunk of chunks) {
              hash.update(chunk);
              yield chunk;
            }
          };
          const entries = await source.entries(scratch, note);
          await pipeline(Readable.from(tar(entries)), hashed, createWriteStream(join(temporary, 'layer.tar')));
          writeFileSync(join(temporary, 'sha256'), hash.digest('hex'));
        }),
      ),
    );
  }
  const path = join(folder, 'layer.tar');
  return { path, size: statSync(path).size, digest: readFileSync(join(folder, 'sha256'), 'utf8') };
}
