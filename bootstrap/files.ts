import { createHash } from 'node:crypto';
import { readAsset } from '../api/assets.ts';
import { servedRuntimes } from '../api/runtimes/choice.ts';
import type { ServedRuntime } from '../api/runtimes/runtime.ts';
import { RUNTIMES } from '../api/runtimes/runtimes.ts';

/** One file of a bootstrap as it goes into a ConfigMap and from there into a pod. */
export interface BootstrapFile {
  /** Key of the ConfigMap: the path with `--` for `/`, which a key cannot hold. */
  readonly key: string;
  /** Path below the mount; the volume's `items` bring it back from the key. */
  readonly path: string;
  readonly text: string;
}

/** File of the price list below its mount, for applications that set themselves up and for every language. */
export const PRICING_FILE = 'pricing.json';

/** Files of every bootstrap by their path from the top of the repository, for the bundle. */
export const BOOTSTRAP_FILES: readonly string[] = servedRuntimes(RUNTIMES).flatMap((runtime) =>
  runtime.files.map((path) => assetOf(runtime, path)),
);

/**
 * All files of a language's bootstrap, in the order of their keys.
 * @param read gives the text of a file of the repository. Default: {@link readAsset}.
 */
export function bootstrapFiles(runtime: ServedRuntime, read: (asset: string) => string = readAsset): readonly BootstrapFile[] {
  return runtime.files.map((path) => bootstrapFile(path, read(assetOf(runtime, path)))).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The price list alone: prices in USD per 1000 tokens in OpenLIT's format. For applications that set themselves up (OPENLIT_PRICING_JSON). */
export function pricingFile(): BootstrapFile {
  // It is kept with a language that falls back to it, so that the folder of that language runs as it is.
  const home = servedRuntimes(RUNTIMES).find(({ files }) => files.includes(PRICING_FILE));
  if (home === undefined) throw new Error(`api/runtimes: no language has ${PRICING_FILE} among its files, expected one: add it there`);
  return bootstrapFile(PRICING_FILE, readAsset(assetOf(home, PRICING_FILE)));
}

/** Ten hexadecimal digits that change when a key or a text does: names an immutable ConfigMap. The order of the files does not matter. */
export function contentHash(files: readonly Pick<BootstrapFile, 'key' | 'text'>[]): string {
  const pairs = files.map(({ key, text }) => [key, text] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 10);
}

function assetOf({ id }: ServedRuntime, path: string): string {
  return `bootstrap/${id}/${path}`;
}

function bootstrapFile(path: string, text: string): BootstrapFile {
  return { key: path.replaceAll('/', '--'), path, text };
}
