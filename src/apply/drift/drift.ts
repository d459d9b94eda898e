import { type Fields, isFields } from '../../../api/fields.ts';
import { sameQuantity } from './quantity.ts';

/** A field of the desired object whose live value differs. */
export interface Difference {
  /** For example `spec.template.spec.containers[name=collector].image`. */
  readonly path: string;
  readonly desired: unknown;
  /** undefined when the field is not there. */
  readonly live: unknown;
}

/** Fields that tell the items of an associative list apart, in the order they are tried; as in the API's `x-kubernetes-list-map-keys`. */
const MERGE_KEYS = [['mountPath'], ['name'], ['containerPort', 'protocol'], ['port', 'protocol'], ['key'], ['type']] as const;

/**
 * Where `live` differs from `desired` in the fields that `desired` has. Fields and list items that only `live` has are others' and do
 * not count; a list without a merge key counts as a whole.
 */
export function drift(desired: unknown, live: unknown, path = ''): readonly Difference[] {
  if (Array.isArray(desired)) return listDrift(desired, live, path);
  if (isFields(desired)) {
    if (!isFields(live)) return [{ path, desired, live }];
    return Object.entries(desired).flatMap(([name, value]) => drift(value, live[name], path === '' ? name : `${path}${segment(name)}`));
  }
  return desired === live || sameQuantity(path, desired, live) ? [] : [{ path, desired, live }];
}

function listDrift(desired: readonly unknown[], live: unknown, path: string): readonly Difference[] {
  if (!Array.isArray(live)) return desired.length === 0 && live === undefined ? [] : [{ path, desired, live }];
  const records = desired.filter(isFields);
  const keys = records.length === desired.length ? mergeKeys(records) : undefined;
  if (keys === undefined) {
    const same = desired.length === live.length && desired.every((item, index) => drift(item, live[index]).length === 0);
    return same ? [] : [{ path, desired, live }];
  }
  return records.flatMap((item) => {
    const found = live.find((candidate) => isFields(candidate) && keys.every((key) => candidate[key] === item[key]));
    return drift(item, found, `${path}[${keys.map((key) => `${key}=${String(item[key])}`).join(',')}]`);
  });
}

/** The merge key that every item has and that no two share; undefined for an atomic list. */
function mergeKeys(items: readonly Fields[]): readonly string[] | undefined {
  if (items.length === 0) return undefined;
  return MERGE_KEYS.find((keys) => {
    const ids = items.map((item) => keys.map((key) => item[key]));
    return ids.every((id) => id.every((part) => part !== undefined)) && new Set(ids.map((id) => JSON.stringify(id))).size === ids.length;
  });
}

/** How a field's name is written at the end of a path. */
export function segment(name: string): string {
  return /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
