import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folder outside the checkout where built binaries and images live, shared by all checkouts of this user. */
export function cacheRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'duotel');
}

/** 16 hex digits that name the content: same parts in the same order, same key. Lengths are hashed too, so `ab`,`c` differs from `a`,`bc`. */
export function contentKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/**
 * The path `final`, made by `make` if it is not there yet. `make` writes to a temporary path beside it that is renamed at the end,
 * so a build that fails or is interrupted never leaves a part of a result in the cache.
 */
export async function storeOnce(final: string, make: (temporary: string) => Promise<void>): Promise<string> {
  if (existsSync(final)) return final;
  mkdirSync(dirname(final), { recursive: true });
  removeAbandoned(final);
  const temporary = `${final}.tmp-${process.pid}`;
  try {
    await make(temporary);
    renameSync(temporary, final);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return final;
}

/** What killed processes left beside `final`. The caller holds the build lock, so no other build is using them. */
function removeAbandoned(final: string): void {
  const folder = dirname(final);
  const prefix = `${final.slice(folder.length + 1)}.tmp-`;
  for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name), { recursive: true, force: true });
}
