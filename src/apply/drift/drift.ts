import { isDeepStrictEqual } from 'node:util';
import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FieldTree } from './field-tree.ts';
import { isBuiltIn } from './normal-form.ts';
import { sameQuantity } from './quantity.ts';

/** A value of the desired object that is not the live one. */
export interface Difference {
  /** For example `spec.template.spec.containers[name=collector].image`. */
  readonly path: string;
  readonly desired: unknown;
  /** undefined when the field is not there. */
  readonly live: unknown;
  /**
   * false: the live value is ours in another notation, or ours with more in it. The API server may have made it so itself, by a default or
   * a normal form. Only the API server can tell.
   */
  readonly certain: boolean;
}

/**
 * Where `live` differs from what the API server would hold after an apply of `desired`. Everything in `desired` must be there, in its
 * order. If the API server merges a value as one (see FieldTree), it must have nothing more in it. Fields and list items beside ours belong
 * to others and do not count.
 * @param tree How values merge. Default: by the live object.
 */
export function drift(desired: KubeObject, live: KubeObject, tree: FieldTree = FieldTree.of(live)): readonly Difference[] {
  return [...new Comparison(isBuiltIn(desired)).of(desired, live, tree, '')];
}

class Comparison {
  /** Whether an empty list is the same as none. It is for kinds that are stored as protobuf, which does not tell them apart. */
  readonly #emptyIsNone: boolean;

  constructor(emptyIsNone: boolean) {
    this.#emptyIsNone = emptyIsNone;
  }

  *of(desired: unknown, live: unknown, tree: FieldTree, path: string): Generator<Difference> {
    const merge = tree.merge(desired);
    if (merge.by === 'fields' && isFields(desired) && isFields(live)) {
      for (const [name, value] of Object.entries(desired)) yield* this.of(value, live[name], tree.field(name), within(path, name));
    } else if (merge.by === 'items' && Array.isArray(desired) && Array.isArray(live)) {
      yield* this.#items(desired, live, tree, merge.keys, path);
    } else if (merge.by === 'set' && Array.isArray(desired) && Array.isArray(live)) {
      if (!inOrder(desired.map((item) => live.indexOf(item)))) yield { path, desired, live, certain: true };
    } else {
      yield* this.#value(desired, live, path);
    }
  }

  /** Each of our items once, and in our order: the API server's apply restores the order too. */
  *#items(
    desired: readonly unknown[],
    live: readonly unknown[],
    tree: FieldTree,
    keys: readonly string[],
    path: string,
  ): Generator<Difference> {
    const places: number[] = [];
    for (const item of desired) {
      if (!isFields(item)) {
        yield* this.#value(desired, live, path);
        return;
      }
      const at = `${path}[${keys.map((key) => `${key}=${String(item[key])}`).join(',')}]`;
      const found = live.flatMap((one, index) => (isSame(one, item, keys) ? [index] : []));
      const [place] = found;
      const isKeyed = keys.every((key) => item[key] !== undefined);
      if (place === undefined) yield { path: at, desired: item, live: undefined, certain: true };
      else if (found.length > 1) yield { path: at, desired: item, live: found.map((index) => live[index]), certain: isKeyed };
      else {
        places.push(place);
        // Which default a key has is not known here.
        if (!isKeyed) yield { path: at, desired: only(item, keys), live: only(live[place], keys), certain: false };
        yield* this.of(item, live[place], tree.item(item, keys), at);
      }
    }
    if (!inOrder(places)) yield { path, desired, live, certain: true };
  }

  /** A value that is merged as one. A map is compared field by field all the same, so that a difference names the field. */
  *#value(desired: unknown, live: unknown, path: string): Generator<Difference> {
    if (isFields(desired) && isFields(live)) {
      for (const [name, value] of Object.entries(desired)) yield* this.#value(value, live[name], within(path, name));
      if (hasMore(live, desired)) yield { path, desired, live, certain: false };
      return;
    }
    const likeness = this.#likeness(desired, live, path);
    if (likeness !== 'same') yield { path, desired, live, certain: likeness === 'other' };
  }

  #likeness(desired: unknown, live: unknown, path: string): 'same' | 'alike' | 'other' {
    if (desired === live) return 'same';
    const parts = this.#parts(desired, live, path);
    if (parts === undefined) {
      if (isNothing(desired) && isNothing(live)) return this.#emptyIsNone && Array.isArray(desired ?? live) ? 'same' : 'alike';
      return sameQuantity(path, desired, live) ? 'alike' : 'other';
    }
    const found = parts.map(([ours, theirs, at]) => this.#likeness(ours, theirs, at));
    if (found.includes('other')) return 'other';
    return found.includes('alike') || (isFields(desired) && hasMore(live, desired)) ? 'alike' : 'same';
  }

  /** The parts of two lists of one length, or of two maps as far as ours goes; undefined for anything else. */
  #parts(desired: unknown, live: unknown, path: string): readonly (readonly [ours: unknown, theirs: unknown, path: string])[] | undefined {
    if (Array.isArray(desired) && Array.isArray(live) && desired.length === live.length)
      return desired.map((item, index) => [item, live[index], `${path}[${index}]`]);
    if (isFields(desired) && isFields(live)) return Object.entries(desired).map(([name, value]) => [value, live[name], within(path, name)]);
    return undefined;
  }
}

/** Whether two live values are the same at the same place. */
export function isSameDifference(a: Difference, b: Difference): boolean {
  return a.path === b.path && isDeepStrictEqual(a.live, b.live);
}

/** Whether an item of the live list may be the desired one. A key that we leave to its default fits any. */
function isSame(live: unknown, desired: Fields, keys: readonly string[]): boolean {
  return isFields(live) && keys.every((key) => desired[key] === undefined || live[key] === desired[key]);
}

function only(item: unknown, keys: readonly string[]): unknown {
  return isFields(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item;
}

/** Whether each was found (-1: it was not), one behind the other. */
function inOrder(places: readonly number[]): boolean {
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

function hasMore(live: unknown, desired: Fields): boolean {
  return isFields(live) && Object.keys(live).some((name) => !Object.hasOwn(desired, name));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}${segment(name)}`;
}

/** How a field's name is written at the end of a path. */
export function segment(name: string): string {
  return /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
