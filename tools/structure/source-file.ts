import { posix } from 'node:path';

/** One file as the rules of the structure see it. */
export interface SourceFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  /** Number of lines. */
  readonly lines: number;
  /** Files of the repository that it imports, of types as well, each once; paths from the top. */
  readonly imports: readonly string[];
}

/** `from '…'`, `import '…'` and `import('…')`, of values and of types; only of files, not of packages. */
const SPECIFIER = /(?:\bfrom|\bimport\(|\bimport)\s*'(\.[^']+)'/g;

export function sourceFile(path: string, text: string): SourceFile {
  const specifiers = [...withoutComments(text).matchAll(SPECIFIER)].map((match) => match[1] ?? '');
  const imports = specifiers.map((specifier) => posix.join(posix.dirname(path), specifier));
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), imports: [...new Set(imports)].sort() };
}

/** Comments that fill whole lines, as a formatter leaves them: what they quote is no import. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)$/gm, '');
}
