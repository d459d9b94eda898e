import { LAYERS, type Layer } from './layers.ts';
import type { SourceFile } from './source-file.ts';

/** One import that the list does not allow. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** Imports against the list of layers, in the order of the files. A file outside of every layer may import nothing. */
export function wrongArrows(files: readonly Pick<SourceFile, 'path' | 'imports'>[], layers: readonly Layer[] = LAYERS): readonly Arrow[] {
  return files.flatMap(({ path, imports }) => {
    const layer = layerOf(path, layers);
    const allowed = layer === undefined ? [] : [layer.folder, ...layer.imports];
    return imports.filter((to) => !allowed.some((folder) => isUnder(to, folder))).map((to) => ({ from: path, to }));
  });
}

/** The innermost layer that holds the file. */
function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers.filter(({ folder }) => isUnder(path, folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
