import type { SourceFile } from './source-file.ts';

/**
 * Groups of files of which each reaches every other by imports, of types as well; empty where there is no circle. Each group is in order,
 * and so are the groups (Tarjan 1972, strongly connected components).
 */
export function circles(files: readonly Pick<SourceFile, 'path' | 'imports'>[]): readonly (readonly string[])[] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: (readonly string[])[] = [];

  const visit = (path: string): number => {
    const mine = index.size;
    index.set(path, mine);
    stack.push(path);
    let lowest = mine;
    for (const target of imports.get(path) ?? []) {
      if (!imports.has(target)) continue;
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? mine);
    }
    low.set(path, lowest);
    if (lowest === mine) {
      const group = stack.splice(stack.indexOf(path));
      if (group.length > 1 || (imports.get(path) ?? []).includes(path)) found.push(group.sort());
    }
    return lowest;
  };

  for (const { path } of files) if (!index.has(path)) visit(path);
  return found.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
