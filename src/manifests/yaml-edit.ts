import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { type Fields, isFields } from '../../api/fields.ts';
import { applyEdits, type TextEdit } from './text-edit.ts';
import { type Layout, renderFlow, renderItem, renderPair } from './yaml-render.ts';

/** Lists whose items a field tells apart, with that field. In other lists, everything that an item holds tells it apart. */
const KEYS: Readonly<Record<string, string>> = { containers: 'name', env: 'name', volumeMounts: 'mountPath', volumes: 'name' };

/** Thrown when a change can not be written as text of its own; `offset` is where the text stands in the way. */
export class NotEditable extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * The edits that bring the text of a YAML node from the value `before` to the value `after`. Everything that is equal in both keeps its
 * bytes: comments, order, quotes, blank lines. The text ends with a line break.
 */
export function editsOf(text: string, node: Node, before: unknown, after: unknown, layout: Layout): readonly TextEdit[] {
  return new YamlEditor(text, layout).node(node, before, after, '');
}

class YamlEditor {
  readonly #text: string;
  readonly #layout: Layout;

  constructor(text: string, layout: Layout) {
    this.#text = text;
    this.#layout = layout;
  }

  node(node: Node, before: unknown, after: unknown, field: string): readonly TextEdit[] {
    if (isDeepStrictEqual(before, after)) return [];
    if (isAlias(node)) {
      throw new NotEditable(`*${node.source} stands for a text elsewhere, and a change there would change that too`, start(node));
    }
    if (isMap(node) && isFields(before) && isFields(after)) return this.#map(node, before, after);
    if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) return this.#seq(node, before, after, field);
    throw new NotEditable('a value would have to become one of another type', start(node));
  }

  #map(map: YAMLMap, before: Fields, after: Fields): readonly TextEdit[] {
    const pairs = new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : [])));
    const edits: TextEdit[] = [];
    const removed: Pair[] = [];
    const replaced = new Map<Pair, unknown>();
    for (const [key, value] of Object.entries(before)) {
      if (isDeepStrictEqual(value, after[key])) continue;
      const pair = pairs.get(key);
      if (pair === undefined)
        throw new NotEditable(`${key} comes from a merge key (<<), and a change there would change others`, start(map));
      if (after[key] === undefined) removed.push(pair);
      else if (sameShape(pair.value, value, after[key])) edits.push(...this.node(pair.value as Node, value, after[key], key));
      else replaced.set(pair, after[key]);
    }
    const added = Object.entries(after).filter(([key, value]) => value !== undefined && before[key] === undefined);
    if (map.flow === true) return this.#flowMap(map, edits, removed, replaced, added);
    for (const pair of removed) edits.push(this.#removal(map.items, map.items.indexOf(pair)));
    const column = this.#column(map.items[0] === undefined ? start(map) : keyStart(map.items[0]));
    for (const [pair, value] of replaced) {
      const from = keyStart(pair);
      const lines = renderPair(String((pair.key as { value: unknown }).value), value, column, this.#layout);
      const end = this.#lineEnd(pairEnd(pair));
      const comment = this.#text.slice(pairEnd(pair), end).trim();
      edits.push({ start: from, end, text: comment === '' ? lines.slice(column) : lines.slice(column).replace('\n', ` ${comment}\n`) });
    }
    if (added.length > 0) {
      const last = map.items.at(-1);
      const at = this.#lineEnd(last === undefined ? start(map) : pairEnd(last));
      edits.push({ start: at, end: at, text: added.map(([key, value]) => renderPair(key, value, column, this.#layout)).join('') });
    }
    return edits;
  }

  #seq(seq: YAMLSeq, before: readonly unknown[], after: readonly unknown[], field: string): readonly TextEdit[] {
    const key = Object.hasOwn(KEYS, field) ? KEYS[field] : undefined;
    const id = (item: unknown): unknown => (key !== undefined && isFields(item) ? item[key] : JSON.stringify(item));
    const ids = before.map(id);
    const kept = longestCommon(ids, after.map(id));
    const edits: TextEdit[] = [];
    for (const [from, to] of kept) edits.push(...this.node(seq.items[from] as Node, before[from], after[to], ''));
    if (seq.flow === true) return this.#flowSeq(seq, edits, before, after, new Map(kept.map(([from, to]) => [to, from])));
    const keptFrom = new Set(kept.map(([from]) => from));
    const column = this.#column(this.#indicator(seq, 0));
    for (const [index] of before.entries()) {
      if (!keptFrom.has(index)) edits.push(this.#lines(this.#indicator(seq, index), nodeEnd(seq.items[index] as Node)));
    }
    let previous = -1;
    let insertion = '';
    const flush = (): void => {
      if (insertion === '') return;
      // Before the first item's comments: these are about that item.
      const at = previous < 0 ? this.#lineEndBefore(this.#firstToken(seq)) : this.#lineEnd(nodeEnd(seq.items[previous] as Node));
      edits.push({ start: at, end: at, text: insertion });
      insertion = '';
    };
    const fromOf = new Map(kept.map(([from, to]) => [to, from]));
    for (const [index, item] of after.entries()) {
      const from = fromOf.get(index);
      if (from === undefined) {
        // An item that only moves keeps its own text.
        const moved = before.findIndex((candidate, at) => !keptFrom.has(at) && isDeepStrictEqual(candidate, item));
        const lines = moved < 0 ? undefined : this.#lines(this.#indicator(seq, moved), nodeEnd(seq.items[moved] as Node));
        insertion += lines === undefined ? renderItem(item, column, this.#layout) : this.#text.slice(lines.start, lines.end);
      } else {
        flush();
        previous = from;
      }
    }
    flush();
    return edits;
  }

  #flowMap(
    map: YAMLMap,
    inner: readonly TextEdit[],
    removed: readonly Pair[],
    replaced: ReadonlyMap<Pair, unknown>,
    added: readonly (readonly [string, unknown])[],
  ): readonly TextEdit[] {
    if (removed.length === 0 && replaced.size === 0 && added.length === 0) return inner;
    const json = this.#layout.json;
    const member = (key: string, value: unknown) => `${renderFlow(key, json)}: ${renderFlow(value, json)}`;
    const parts = map.items
      .filter((pair) => !removed.includes(pair))
      .map((pair) => {
        if (replaced.has(pair)) return member(String((pair.key as { value: unknown }).value), replaced.get(pair));
        return this.#slice(keyStart(pair), pairEnd(pair), inner);
      });
    parts.push(...added.map(([key, value]) => member(key, value)));
    return [
      this.#flow(
        map,
        map.items.map((pair) => [keyStart(pair), pairEnd(pair)] as const),
        parts,
        '{',
        '}',
      ),
    ];
  }

  #flowSeq(
    seq: YAMLSeq,
    inner: readonly TextEdit[],
    before: readonly unknown[],
    after: readonly unknown[],
    fromOf: ReadonlyMap<number, number>,
  ): readonly TextEdit[] {
    if (before.length === after.length && fromOf.size === after.length) return inner;
    const parts = after.map((item, index) => {
      const from = fromOf.get(index);
      const node = from === undefined ? undefined : (seq.items[from] as Node);
      return node === undefined ? renderFlow(item, this.#layout.json) : this.#slice(start(node), nodeEnd(node), inner);
    });
    return [
      this.#flow(
        seq,
        seq.items.map((item) => [start(item as Node), nodeEnd(item as Node)] as const),
        parts,
        '[',
        ']',
      ),
    ];
  }

  /** A flow collection made anew from its parts, laid out as it was: on lines of their own where the first was on one. */
  #flow(
    node: Node,
    members: readonly (readonly [start: number, end: number])[],
    parts: readonly string[],
    open: string,
    close: string,
  ): TextEdit {
    const [from, to] = [start(node), nodeEnd(node)];
    const gap = (index: number): string => this.#text.slice(members[index - 1]?.[1] ?? from + 1, members[index]?.[0] ?? to - 1);
    const gaps = members.length === 0 ? [] : Array.from({ length: members.length + 1 }, (_, index) => gap(index));
    if (gaps.some((one) => /[^\s,]/.test(one))) throw new NotEditable(`a comment stands between ${open} and ${close}`, from);
    const blanks = gaps.map((one) => one.replace(',', ''));
    const lead = blanks[0] ?? '';
    const separator = lead.includes('\n') ? lead : (blanks.slice(1, -1)[0] ?? ' ');
    // With the comma that may stand behind the last.
    const tail = (parts.length === 0 ? blanks : gaps).at(-1) ?? '';
    return { start: from, end: to, text: `${open}${lead}${parts.join(`,${separator}`)}${tail}${close}` };
  }

  /** A pair of a block map with its lines; the first of a list's item leaves the item's dash. */
  #removal(items: readonly Pair[], index: number): TextEdit {
    const pair = items[index];
    if (pair === undefined) throw new Error('no such pair');
    const next = items[index + 1];
    const from = keyStart(pair);
    const begin = this.#lineStart(from);
    if (this.#text.slice(begin, from).trim() !== '' && next !== undefined) return { start: from, end: keyStart(next), text: '' };
    return this.#lines(from, pairEnd(pair));
  }

  #lines(from: number, to: number): TextEdit {
    return { start: this.#lineStart(from), end: this.#lineEnd(to), text: '' };
  }

  /** Text of a part of a flow collection, with the edits inside it. */
  #slice(from: number, to: number, edits: readonly TextEdit[]): string {
    const inside = edits.filter((edit) => edit.start >= from && edit.end <= to);
    return applyEdits(
      this.#text.slice(from, to),
      inside.map((edit) => ({ start: edit.start - from, end: edit.end - from, text: edit.text })),
    );
  }

  #column(offset: number): number {
    return offset - this.#lineStart(offset);
  }

  #lineStart(offset: number): number {
    return this.#text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Behind the line break that ends the line of the last character before `offset`. */
  #lineEnd(offset: number): number {
    if (this.#text[offset - 1] === '\n') return offset;
    const found = this.#text.indexOf('\n', offset);
    return found < 0 ? this.#text.length : found + 1;
  }

  #lineEndBefore(offset: number): number {
    return this.#lineStart(offset);
  }

  /** Offset of the dash of an item. */
  #indicator(seq: YAMLSeq, index: number): number {
    const tokens = (seq.srcToken as { items?: { start: readonly { type: string; offset: number }[] }[] } | undefined)?.items?.[index]
      ?.start;
    const dash = tokens?.find(({ type }) => type === 'seq-item-ind');
    if (dash === undefined) throw new NotEditable('the list is not written as lines with dashes', start(seq));
    return dash.offset;
  }

  /** Where the list begins, with the comments above its first item; always on a line below its key. */
  #firstToken(seq: YAMLSeq): number {
    let line = this.#lineStart(this.#indicator(seq, 0));
    for (;;) {
      const above = this.#lineStart(line - 1);
      const content = this.#text.slice(above, line).trim();
      if (line === 0 || (content !== '' && !content.startsWith('#'))) return line;
      line = above;
    }
  }
}

function sameShape(node: unknown, before: unknown, after: unknown): boolean {
  if (isAlias(node)) return true;
  return (isMap(node) && isFields(before) && isFields(after)) || (isSeq(node) && Array.isArray(before) && Array.isArray(after));
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

function keyStart(pair: Pair): number {
  return start(pair.key as Node);
}

function pairEnd(pair: Pair): number {
  return nodeEnd((pair.value ?? pair.key) as Node);
}

/** Behind the last character of a node's own text, without the comments and blank lines that follow. */
function nodeEnd(node: Node): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isPair(last)) return pairEnd(last as Pair);
    if (last !== undefined && last !== null) return nodeEnd(last as Node);
  }
  return node.range?.[1] ?? 0;
}

/** Index pairs of a longest common subsequence. */
function longestCommon(a: readonly unknown[], b: readonly unknown[]): readonly (readonly [number, number])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = a.length - 1; row >= 0; row -= 1) {
    for (let column = b.length - 1; column >= 0; column -= 1) {
      const line = lengths[row];
      if (line === undefined) continue;
      line[column] = a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let row = 0, column = 0; row < a.length && column < b.length; ) {
    if (a[row] === b[column]) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
