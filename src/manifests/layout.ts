import { isSeq, type Node, visit, type YAMLMap } from 'yaml';
import type { Layout } from './yaml-render.ts';

/** How an object's text is laid out: by its first list below a key, its first line break and its first character. */
export function layoutOf(text: string, node: YAMLMap): Layout {
  const eol = /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n';
  const json = text[node.range?.[0] ?? 0] === '{' && /^\{\s*"/.test(text.slice(node.range?.[0] ?? 0));
  let indentSeq: boolean | undefined;
  const column = (offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
  visit(node, {
    Pair(_, pair) {
      const { key, value } = pair;
      if (!isSeq(value) || value.flow === true) return undefined;
      const [first] = value.items;
      const at = (value as Node).range?.[0];
      const from = (key as Node).range?.[0];
      if (first === undefined || at === undefined || from === undefined) return undefined;
      // The range of a block list begins at its first dash.
      indentSeq = column(at) > column(from);
      return visit.BREAK;
    },
  });
  return { indentSeq: indentSeq ?? true, eol, json };
}
