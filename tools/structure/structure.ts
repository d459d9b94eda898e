import { wrongArrows } from './arrows.ts';
import { circles } from './circles.ts';
import type { SourceFile } from './source-file.ts';

/** Lines; a longer file holds more than one noun. */
export const MOST_LINES = 300;

/** What is wrong with the structure, each in one line; empty lists where all is well. */
export interface StructureFaults {
  readonly circles: readonly string[];
  readonly arrows: readonly string[];
  readonly longFiles: readonly string[];
}

/** @param files every file of the repository's layers; see {@link sourceFiles}. */
export function structureFaults(files: readonly SourceFile[]): StructureFaults {
  return {
    circles: circles(files).map((group) => group.join(' <-> ')),
    arrows: wrongArrows(files).map(({ from, to }) => `${from} -> ${to}`),
    longFiles: files
      .filter(({ path, lines }) => lines > MOST_LINES && !path.startsWith('imports/'))
      .map(({ path, lines }) => `${path}: ${lines} lines`),
  };
}
