import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { segment } from './drift.ts';
import { entriesOf, isItem } from './managed-fields.ts';
import { itemIndex } from './pointer.ts';

/** The entries of `managedFields` that hold the field at `path` (segments of a JSON pointer, see IgnoreRule) or something in it. */
export function fieldHolders(live: KubeObject, path: readonly string[]): readonly ManagedFieldsEntry[] {
  return entriesOf(live).filter(({ fieldsV1 }) => holds(fieldsV1 ?? {}, live, path));
}

function holds(owned: Fields, live: unknown, path: readonly string[]): boolean {
  const [head, ...rest] = path;
  if (head === undefined) return true;
  if (Array.isArray(live)) {
    const item: unknown = live[itemIndex(live, head)];
    const key = Object.keys(owned).find((candidate) => isItem(item, candidate));
    // A list without keys is held as a whole.
    return key === undefined ? Object.keys(owned).length === 0 : holds(owned[key] as Fields, item, rest);
  }
  const inner = owned[`f:${head}`];
  if (inner === undefined) return false;
  // `{}` is a leaf: all below it is held.
  return isFields(inner) && (Object.keys(inner).length === 0 || holds(inner, isFields(live) ? live[head] : undefined, rest));
}

/** Names of the managers other than us that hold the field at `path`, as a Difference writes it, or the nearest field around it. */
export function rivals(live: KubeObject, path: string): readonly string[] {
  const owned = entriesOf(live)
    .filter(({ manager }) => manager !== FIELD_MANAGER)
    .map(({ manager = 'unknown', fieldsV1 }) => ({ manager, paths: leaves(fieldsV1 ?? {}, '') }));
  // Lists are keyed by the schema here and by what tells their items apart there: compare without the keys.
  const wanted = bare(path);
  const found = owned.filter(({ paths }) => paths.some((one) => one === wanted || within(one, wanted) || within(wanted, one)));
  return [...new Set(found.map(({ manager }) => manager))];
}

function within(inner: string, outer: string): boolean {
  return inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length));
}

function bare(path: string): string {
  return path.replaceAll(/\[[^"\]][^\]]*\]/g, '[]');
}

function leaves(owned: Fields, path: string): readonly string[] {
  return Object.entries(owned).flatMap(([key, inner]) => {
    const at = key.startsWith('f:')
      ? path === ''
        ? key.slice(2)
        : `${path}${segment(key.slice(2))}`
      : key.startsWith('k:')
        ? `${path}[]`
        : path;
    return isFields(inner) && Object.keys(inner).length > 0 ? leaves(inner, at) : key === '.' ? [] : [at];
  });
}
