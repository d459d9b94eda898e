import { createHash } from 'node:crypto';
import { readAsset } from '../api/assets.ts';

/** One file of a bootstrap as it goes into a ConfigMap and from there into a pod. */
export interface BootstrapFile {
  /** Key of the ConfigMap: the path with `--` for `/`, which a key cannot hold. */
  readonly key: string;
  /** Path below the mount; the volume's `items` bring it back from the key. */
  readonly path: string;
  readonly text: string;
}

/** Runtimes that a bootstrap exists for. */
export type BootstrapRuntime = 'python';

/** Where the Python bootstrap is mounted, and what PYTHONPATH names. */
export const PYTHON_MOUNT_PATH = '/duotel/python';
/** File of the price list below the mount; also mounted alone for applications that set themselves up. */
export const PRICING_FILE = 'pricing.json';

/** Files of the Python bootstrap by their path from the top of the repository; the bundle embeds them. */
export const BOOTSTRAP_PYTHON_FILES = [
  'bootstrap/python/sitecustomize.py',
  'bootstrap/python/duotel_bootstrap/__init__.py',
  'bootstrap/python/duotel_bootstrap/config.py',
  'bootstrap/python/duotel_bootstrap/flush.py',
  'bootstrap/python/duotel_bootstrap/fork.py',
  'bootstrap/python/duotel_bootstrap/imports.py',
  'bootstrap/python/duotel_bootstrap/log.py',
  'bootstrap/python/duotel_bootstrap/openinference_producer.py',
  'bootstrap/python/duotel_bootstrap/openlit_libraries.py',
  'bootstrap/python/duotel_bootstrap/openlit_producer.py',
  'bootstrap/python/duotel_bootstrap/privacy.py',
  'bootstrap/python/duotel_bootstrap/providers.py',
  'bootstrap/python/duotel_bootstrap/spans.py',
  'bootstrap/python/duotel_bootstrap-0.1.0.dist-info/METADATA',
  'bootstrap/python/duotel_bootstrap-0.1.0.dist-info/entry_points.txt',
  'bootstrap/python/pricing.json',
] as const;

const FILES: Readonly<Record<BootstrapRuntime, readonly string[]>> = { python: BOOTSTRAP_PYTHON_FILES };

/** Files of every bootstrap, for the bundle. */
export const BOOTSTRAP_FILES: readonly string[] = Object.values(FILES).flat();

/** All files of a runtime's bootstrap, in the order of their keys. */
export function bootstrapFiles(runtime: BootstrapRuntime): readonly BootstrapFile[] {
  const folder = `bootstrap/${runtime}/`;
  return FILES[runtime]
    .map((asset) => bootstrapFile(asset.slice(folder.length), readAsset(asset)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The price list alone: prices in USD per 1000 tokens in OpenLIT's format. For applications that set themselves up (OPENLIT_PRICING_JSON). */
export function pricingFile(): BootstrapFile {
  return bootstrapFile(PRICING_FILE, readAsset(`bootstrap/python/${PRICING_FILE}`));
}

/** Ten hexadecimal digits that change when a key or a text does: names an immutable ConfigMap. The order of the files does not matter. */
export function contentHash(files: readonly Pick<BootstrapFile, 'key' | 'text'>[]): string {
  const pairs = files.map(({ key, text }) => [key, text] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 10);
}

function bootstrapFile(path: string, text: string): BootstrapFile {
  return { key: path.replaceAll('/', '--'), path, text };
}
