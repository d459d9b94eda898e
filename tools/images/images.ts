import { readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryName } from '../build/binaries.ts';
import { binary } from '../build/binary.ts';
import { cacheRoot } from '../lib/cache.ts';
import { withLock } from '../lib/lock.ts';
import { ensurePackages, IMAGE_REQUIREMENTS } from '../lib/packages.ts';
import type { BuiltImage, ImageConfig } from './archive.ts';
import { dockerfileConfig } from './dockerfile-config.ts';
import { ensureLayer, type LayerSource } from './layer.ts';
import { nodeLayer } from './node-layer.ts';
import { exampleFolder, exampleLayer, packagesLayer, pythonBase } from './python-layers.ts';
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
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Recipe {
  readonly config: ImageConfig;
  readonly layers: readonly LayerSource[];
}

/** Makes the images named, as far as they are not in the cache. Users and entry points are those of the official images. */
export async function ensureImages(names: readonly LocalImage[] = LOCAL_IMAGE_NAMES): Promise<readonly BuiltImage[]> {
  if (names.some((name) => name === 'ragPython' || name === 'fakeOpenai')) await ensurePackages(IMAGE_REQUIREMENTS);
  const recipes: (Recipe & { readonly reference: string })[] = [];
  for (const name of names) recipes.push({ reference: LOCAL_IMAGES[name], ...(await recipe(name)) });
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

async function recipe(name: LocalImage): Promise<Recipe> {
  switch (name) {
    case 'pause':
      return program('pause', '/pause', '65535:65535');
    case 'collector':
      return program('otelcol', '/otelcol', '10001:10001');
    case 'jaeger':
      return program('jaeger', '/cmd/jaeger', '10001:10001');
    case 'prometheus':
      return program('prometheus', '/bin/prometheus', '65534:65534');
    case 'node':
      return { config: { Cmd: ['node'], Env: [PATH] }, layers: [await nodeLayer()] };
    case 'ragPython': {
      const base = pythonBase();
      return {
        config: exampleConfig('rag-python'),
        layers: [base.layer, packagesLayer('rag-python', base.python), exampleLayer('rag-python')],
      };
    }
    case 'fakeOpenai':
      return { config: exampleConfig('fake-openai'), layers: [pythonBase().layer, exampleLayer('fake-openai')] };
    default:
      return name satisfies never;
  }
}

async function program(name: BinaryName, path: string, user: string): Promise<Recipe> {
  const source = await binary(name, { allowInstalled: false });
  return { config: { Entrypoint: [path], User: user, Env: [PATH] }, layers: [staticLayer(name, [{ binary: name, source, path }])] };
}

function exampleConfig(example: string): ImageConfig {
  const config = dockerfileConfig(readFileSync(join(exampleFolder(example), 'Dockerfile'), 'utf8'));
  return { ...config, Env: [PATH, ...(config.Env ?? [])] };
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
