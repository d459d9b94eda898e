import { readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryName } from '../build/binaries.ts';
import { binary } from '../build/binary.ts';
import { cacheRoot } from '../lib/cache.ts';
import { withLock } from '../lib/lock.ts';
import { ensurePackages, IMAGE_REQUIREMENTS } from '../lib/packages.ts';
import type { BuiltImage } from './archive.ts';
import { exampleImage } from './example-image.ts';
import { IMAGE_PATH, type ImageRecipe } from './image-recipe.ts';
import { ensureLayer } from './layer.ts';
import { nodeLayer } from './node-layer.ts';
import { exampleFolder } from './python-layers.ts';
import { staticLayer } from './static-layer.ts';

/** The images that the embedded cluster has, by the reference that manifests name. */
export const LOCAL_IMAGES = {
  pause: 'registry.k8s.io/pause:3.10',
  collector: 'duotel.local/collector:dev',
  jaeger: 'duotel.local/jaeger:dev',
  prometheus: 'duotel.local/prometheus:dev',
  node: 'duotel.local/node:24',
  ragPython: 'duotel.local/rag-python:dev',
  fakeOpenai: 'duotel.local/fake-openai:dev',
} as const;

export type LocalImage = keyof typeof LOCAL_IMAGES;
export const LOCAL_IMAGE_NAMES = Object.keys(LOCAL_IMAGES) as readonly LocalImage[];

const LOCK_WAIT_MS = 40 * 60_000;

/**
 * Makes the images named, and those of `more`, as far as they are not in the cache. Users and entry points are those of the official images.
 */
export async function ensureImages(
  names: readonly LocalImage[] = LOCAL_IMAGE_NAMES,
  more: readonly ImageRecipe[] = [],
): Promise<readonly BuiltImage[]> {
  if (more.length > 0 || names.some((name) => name === 'ragPython' || name === 'fakeOpenai')) await ensurePackages(IMAGE_REQUIREMENTS);
  const recipes: ImageRecipe[] = [...more];
  for (const name of names) recipes.push(await recipe(name));
  return withLock(join(cacheRoot(), 'images.lock'), 'making images', LOCK_WAIT_MS, async () => {
    const images: BuiltImage[] = [];
    for (const { reference, config, layers } of recipes) {
      const built = [];
      for (const layer of layers) built.push(await ensureLayer(layer, inScratch));
      images.push({ reference, config, layers: built });
    }
    return images;
  });
}

async function recipe(name: LocalImage): Promise<ImageRecipe> {
  const reference = LOCAL_IMAGES[name];
  switch (name) {
    case 'pause':
      return program(reference, 'pause', '/pause', '65535:65535');
    case 'collector':
      return program(reference, 'otelcol', '/otelcol', '10001:10001');
    case 'jaeger':
      return program(reference, 'jaeger', '/cmd/jaeger', '10001:10001');
    case 'prometheus':
      return program(reference, 'prometheus', '/bin/prometheus', '65534:65534');
    case 'node':
      return { reference, config: { Cmd: ['node'], Env: [IMAGE_PATH] }, layers: [await nodeLayer()] };
    case 'ragPython': {
      const requirements = readFileSync(join(exampleFolder('rag-python'), 'requirements.txt'), 'utf8');
      return exampleImage(reference, 'rag-python', [{ name: 'rag-python', requirements }]);
    }
    case 'fakeOpenai':
      return exampleImage(reference, 'fake-openai');
    default:
      return name satisfies never;
  }
}

async function program(reference: string, name: BinaryName, path: string, user: string): Promise<ImageRecipe> {
  const source = await binary(name, { allowInstalled: false });
  const config = { Entrypoint: [path], User: user, Env: [IMAGE_PATH] };
  return { reference, config, layers: [staticLayer(name, [{ binary: name, source, path }])] };
}

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(cacheRoot(), 'scratch', String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
