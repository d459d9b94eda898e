import { stringify } from 'yaml';

/** How the text that is edited writes things, so that what is added looks like it. */
export interface Layout {
  /** Lists below a key begin further right than the key. */
  readonly indentSeq: boolean;
  readonly eol: '\n' | '\r\n';
  /** The document is JSON: no plain scalars. */
  readonly json: boolean;
}

/** Long values stay on one line; texts that YAML 1.1 (which kubectl reads) takes for something else are quoted. */
const OPTIONS = { lineWidth: 0, compat: 'yaml-1.1' } as const;

/** `key: value` as lines of a block map whose keys stand at `column`. */
export function renderPair(key: string, value: unknown, column: number, layout: Layout): string {
  return indented(stringify({ [key]: value }, { ...OPTIONS, indentSeq: layout.indentSeq }), column, layout);
}

/** `- item` as lines of a block list whose dashes stand at `column`. */
export function renderItem(item: unknown, column: number, layout: Layout): string {
  return indented(stringify([item], { ...OPTIONS, indentSeq: layout.indentSeq }), column, layout);
}

/** A value inside a flow collection, on one line. */
export function renderFlow(value: unknown, json: boolean): string {
  if (json) return JSON.stringify(value);
  return stringify(value, { ...OPTIONS, collectionStyle: 'flow', flowCollectionPadding: false })
    .trimEnd()
    .replaceAll(/\n\s*/g, ' ');
}

function indented(text: string, column: number, { eol }: Layout): string {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => `${line === '' ? '' : ' '.repeat(column) + line}${eol}`).join('');
}
