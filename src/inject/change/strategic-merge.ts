/** Merge keys of the lists that injection writes. */
const MERGE_KEYS: Readonly<Record<string, string>> = { containers: 'name', env: 'name', volumeMounts: 'mountPath', volumes: 'name' };
const ORDER = '$setElementOrder/';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the API server makes of a strategic merge patch, for the lists that injection writes (k8s.io/apimachinery/pkg/util/strategicpatch).
 * Custom resources have no such patch: for them we merge here and send the merged lists. test/cluster/inject.test.ts compares it with the
 * real one on each of its writes.
 */
export function strategicMerge(live: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(live) ? { ...live } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith(ORDER)) continue;
    const key = MERGE_KEYS[field];
    if (value === null) delete result[field];
    else if (key !== undefined && Array.isArray(value)) result[field] = mergeList((result[field] ?? []) as Fields[], value, key);
    else result[field] = strategicMerge(result[field], value);
    const merged = result[field];
    // A typed list that is empty is not stored; neither is an empty map of annotations.
    if (key !== undefined && Array.isArray(merged) && merged.length === 0) delete result[field];
    if (field === 'annotations' && isFields(merged) && Object.keys(merged).length === 0) delete result[field];
  }
  for (const [field, value] of Object.entries(patch)) {
    if (!field.startsWith(ORDER)) continue;
    const list = field.slice(ORDER.length);
    checkOrder((patch[list] ?? []) as Fields[], value as Fields[], MERGE_KEYS[list] ?? 'name');
    result[list] = reorder(result[list] as Fields[], value as Fields[], MERGE_KEYS[list] ?? 'name');
  }
  return result;
}

function mergeList(live: readonly Fields[], patch: readonly Fields[], key: string): readonly Fields[] {
  const merged = new Map(live.map((item) => [item[key], item]));
  const added: Fields[] = [];
  for (const item of patch) {
    const there = merged.get(item[key]);
    if (item['$patch'] === 'delete') merged.delete(item[key]);
    else if (there === undefined) added.push(strategicMerge({}, item) as Fields);
    else merged.set(item[key], strategicMerge(there, item) as Fields);
  }
  return [...added, ...merged.values()];
}

/** The API server answers 500 when the items of a patch are not in the order that it states. */
function checkOrder(items: readonly Fields[], order: readonly Fields[], key: string): void {
  const kept = items.filter((item) => item['$patch'] !== 'delete').map((item) => item[key]);
  const stated = order.map((item) => item[key]).filter((value) => kept.includes(value));
  if (JSON.stringify(kept) !== JSON.stringify(stated)) throw new Error(`patch list ${kept} does not match $setElementOrder ${stated}`);
}

function reorder(items: readonly Fields[], order: readonly Fields[], key: string): readonly Fields[] {
  const position = (item: Fields) => order.findIndex((entry) => entry[key] === item[key]);
  if (items.some((item) => position(item) < 0)) throw new Error('an item is missing in $setElementOrder');
  return items.toSorted((a, b) => position(a) - position(b));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
