import { posix } from 'node:path';
import { ToolError } from '../lib/tool-error.ts';
import { importSpecifiers } from './import-specifiers.ts';

/** One file as the rules of the structure see it. */
export interface SourceFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  /** Number of lines. */
  readonly lines: number;
  /** Files of the repository that it imports, of types as well, each once; paths from the top. */
  readonly imports: readonly string[];
}

/** A file of another language imports nothing that the list of layers speaks of: its length counts alone. */
const HAS_MODULES = /\.m?[jt]s$/;

/** @throws with the path where the text is no module, as beside the marks of a merge. */
export function sourceFile(path: string, text: string): SourceFile {
  const specifiers = HAS_MODULES.test(path) ? specifiersOf(path, text) : [];
  const imports = specifiers.filter((one) => one.startsWith('.')).map((one) => posix.join(posix.dirname(path), one));
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), imports: [...new Set(imports)].sort() };
}

function specifiersOf(path: string, text: string): readonly string[] {
  try {
    return importSpecifiers(text);
  } catch {
    throw new ToolError(`${path}: its imports cannot be read`, 'run npm run lint, which says where it is no TypeScript');
  }
}
