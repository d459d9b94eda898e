import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { entriesOf, isItem, isKubectlApply, isOurApply } from './managed-fields.ts';

/** How the API server merges a value into what is there: as one, field by field, item by item, or as a set of values. */
export type Merge =
  | { readonly by: 'value' | 'fields' | 'set' }
  /** `keys`: the fields that tell the items apart. */
  | { readonly by: 'items'; readonly keys: readonly string[] };

/** What holds for every kind, whoever set something: an object, its metadata, its labels and its annotations are maps of single fields. */
const EVERY_OBJECT: Fields = { '.': {}, 'f:metadata': { '.': {}, 'f:labels': { '.': {} }, 'f:annotations': { '.': {} } } };

/**
 * A place in a live object, and how the API server merges the value there. The server says so itself in `managedFields`, for every kind and
 * by its own schema: see managed-fields.ts. Nothing is guessed from the names of fields.
 */
export class FieldTree {
  /** The fields that each manager set at this place, the most trusted manager first. Empty: nobody set anything. */
  readonly #held: readonly Fields[];

  private constructor(held: readonly Fields[]) {
    this.#held = held;
  }

  /** The whole of a live object. */
  static of(live: KubeObject): FieldTree {
    // An entry of another version of the kind speaks of other fields.
    const entries = entriesOf(live).filter(({ apiVersion = live.apiVersion }) => apiVersion === live.apiVersion);
    const sorted = entries.toSorted((a, b) => trust(b) - trust(a));
    return new FieldTree([EVERY_OBJECT, ...sorted.map(({ fieldsV1 = {} }) => fieldsV1)]);
  }

  /** How `desired` would be merged here. If nobody set anything, nothing is known: it counts as one value. */
  merge(desired: unknown): Merge {
    const [first] = this.#held;
    if (first === undefined) return { by: 'value' };
    // An empty map or list is a leaf for the manager that applied it, however it is merged. The fields that others set in it tell how.
    const known = isEmpty(desired) && !isBranch(first) ? this.#held.find(isBranch) : first;
    const children = Object.keys(known ?? {});
    const item = children.find((child) => child.startsWith('k:'));
    if (item !== undefined) return { by: 'items', keys: Object.keys(JSON.parse(item.slice(2)) as Fields) };
    if (children.some((child) => child.startsWith('v:'))) return { by: 'set' };
    return { by: children.length === 0 ? 'value' : 'fields' };
  }

  /** Of a field of a map. */
  field(name: string): FieldTree {
    return new FieldTree(this.#held.map((held) => held[`f:${name}`]).filter(isFields));
  }

  /** Of an item of a list with keys. */
  item(item: Fields, keys: readonly string[]): FieldTree {
    const likely = `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key]])))}`;
    const inner = this.#held.map((held) => held[likely] ?? held[Object.keys(held).find((key) => isItem(item, key)) ?? '']);
    return new FieldTree(inner.filter(isFields));
  }
}

/** The manager that applied the fields last knows best how they merge: that is us, or kubectl before our first write. */
function trust(entry: ManagedFieldsEntry): number {
  if (isOurApply(entry)) return 2;
  return isKubectlApply(entry) ? 1 : 0;
}

function isBranch(held: Fields): boolean {
  return Object.keys(held).length > 0;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
