import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentKey } from '../lib/cache.ts';
import { type GoModule, MODULES, type ModuleName } from './binaries.ts';

/** Everything that decides the bytes of a module's binaries. */
export interface ModuleInput {
  readonly flags: GoModule;
  /** `go1.26.8 linux/amd64`: the toolchain and the platform it builds for. */
  readonly toolchain: string;
  /** File name -> content of go.mod, go.sum and the Go sources. */
  readonly files: Readonly<Record<string, string>>;
}

/** Folder of a Go module of the checkout. */
export function moduleFolder(module: ModuleName): string {
  return join(import.meta.dirname, '../go', module);
}

/** Name of the module's folder in the cache: `<module>-<key>`. */
export function moduleKey(module: string, input: ModuleInput): string {
  const files = Object.entries(input.files).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${module}-${contentKey([input.toolchain, input.flags.tags, input.flags.ldflags, ...files.flat()])}`;
}

/** Reads from disk what {@link moduleKey} needs. */
export function readModuleInput(module: ModuleName, toolchain: string): ModuleInput {
  const folder = moduleFolder(module);
  const names = readdirSync(folder).filter((name) => name.endsWith('.go') || name === 'go.mod' || name === 'go.sum');
  return {
    flags: MODULES[module],
    toolchain,
    files: Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
  };
}
