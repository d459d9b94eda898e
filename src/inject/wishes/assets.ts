import { servedRuntimes } from '../../../api/runtimes/choice.ts';
import type { Runtime, ServedRuntime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import { type BootstrapFile, bootstrapFiles, pricingFile } from '../../../bootstrap/files.ts';

/** The files that pods get. */
export interface InjectionAssets {
  /** Of every language that there are files for, in the order of the languages. */
  readonly bootstraps: readonly { readonly runtime: ServedRuntime; readonly files: readonly BootstrapFile[] }[];
  readonly pricing: BootstrapFile;
}

/**
 * The files of a list of languages.
 * @param runtimes default: those of this release.
 * @param read gives the text of a file of the repository by its path. Default: from where the program itself is.
 */
export function injectionAssets(runtimes: readonly Runtime[] = RUNTIMES, read?: (asset: string) => string): InjectionAssets {
  const bootstraps = servedRuntimes(runtimes).map((runtime) => ({ runtime, files: bootstrapFiles(runtime, read) }));
  return { bootstraps, pricing: pricingFile() };
}
