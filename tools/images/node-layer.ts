import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';
import type { LayerSource } from './layer.ts';
import { baseEntries, fileEntries } from './static-layer.ts';
import type { TarEntry } from './tar.ts';

/** The node binary that the npm package `node` brings, with the shared libraries it needs from this machine: stands in for the official image. */
export async function nodeLayer(): Promise<LayerSource> {
  const node = join(import.meta.dirname, '../../node_modules/node/bin/node');
  if (!existsSync(node)) throw new ToolError(`${node} is missing: it becomes the local Node image`, 'npm ci');
  const libraries = parseLdd((await runOk('ldd', [node])).stdout);
  const hash = createHash('sha256');
  for (const path of [node, ...libraries]) hash.update(readFileSync(realpathSync(path)));
  return {
    title: 'making the layer of image node',
    key: ['node', 'dynamic-1', hash.digest('hex')],
    entries: async () =>
      unique([
        ...baseEntries(),
        ...fileEntries(node, '/usr/local/bin/node'),
        ...libraries.flatMap((path) => fileEntries(realpathSync(path), path)),
      ]),
  };
}

/** Absolute paths of the libraries and the loader that `ldd` names. */
export function parseLdd(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => {
    if (/=>\s*not found/.test(line)) throw new ToolError(`a library of the node binary is missing on this machine: ${line.trim()}`);
    const path = /(?:=>\s*)?(\/\S+)\s+\(0x/.exec(line)?.[1];
    return path === undefined ? [] : [path];
  });
}

/** Folders appear once: two entries of the same name would only say the same twice. */
function unique(entries: readonly TarEntry[]): readonly TarEntry[] {
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()];
}
