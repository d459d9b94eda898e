import { type Document, isMap, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from 'yaml';
import { type Fields, isFields } from '../../api/fields.ts';

/** The text of a file, or of standard input, with the name that messages give it. */
export interface ManifestText {
  readonly name: string;
  readonly text: string;
}

/** One Kubernetes object of a stream: a document, or an item of a List. */
export interface ManifestObject {
  readonly value: Fields;
  readonly node: YAMLMap;
  /** 1-based. */
  readonly line: number;
  /** Offsets of the whole document; undefined for an item of a List. */
  readonly document: { readonly start: number; readonly end: number } | undefined;
}

export interface ManifestStream {
  readonly name: string;
  /** Ends with a line break, added where there was none. */
  readonly text: string;
  readonly objects: readonly ManifestObject[];
  /** Every document as plain data, for comparison. */
  readonly documents: readonly unknown[];
  /** 1-based line of an offset. */
  lineAt(offset: number): number;
}

/** A file that can not be used; the message begins with `file:line`. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/**
 * Reads a stream of YAML or JSON documents. Documents that are no Kubernetes objects are kept and not looked at.
 * @throws ManifestError naming file, line and what was expected.
 */
export function parseStream({ name, text: raw }: ManifestText): ManifestStream {
  const text = raw === '' || raw.endsWith('\n') ? raw : `${raw}${raw.includes('\r\n') ? '\r\n' : '\n'}`;
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { keepSourceTokens: true, merge: true, lineCounter: lines, prettyErrors: false });
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new ManifestError(`${name}:${lineAt(error.pos[0])}: is not YAML: ${error.message}`);
  }
  const values = documents.map((document) => plain(document, name));
  const objects = documents.flatMap((document, index): readonly ManifestObject[] => {
    const [start, , end] = document.range;
    return objectsIn(document.contents, values[index], { start, end }, lineAt);
  });
  return { name, text, objects, documents: values, lineAt };
}

function plain(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new ManifestError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function objectsIn(
  node: unknown,
  value: unknown,
  document: ManifestObject['document'],
  lineAt: (offset: number) => number,
): readonly ManifestObject[] {
  if (!isMap(node) || !isFields(value) || typeof value['kind'] !== 'string' || typeof value['apiVersion'] !== 'string') return [];
  if (value['kind'].endsWith('List') && Array.isArray(value['items'])) {
    const items: unknown = node.get('items', true);
    if (!isSeq(items)) return [];
    return value['items'].flatMap((item, index) => objectsIn(items.items[index], item, undefined, lineAt));
  }
  return [{ value, node, line: lineAt((node as Node).range?.[0] ?? 0), document }];
}
