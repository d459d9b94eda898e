import { isDeepStrictEqual } from 'node:util';
import { type Fields, isFields } from '../../api/fields.ts';

/** Fields that tell the items of a list apart, as far as we change lists. */
const KEYS = ['name', 'mountPath'];

/** A value as an API server would keep it: a field that is null is absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])));
}

/** `value` with the nulls that `before` has and it lacks. They say nothing, but they are lines of their owner's. */
export function withNullsOf(before: unknown, value: unknown): unknown {
  if (isDeepStrictEqual(withoutNulls(before), value)) return before;
  if (Array.isArray(before) && Array.isArray(value)) {
    return value.map((item) => {
      const former = before.find((candidate) => isSame(candidate, item));
      return former === undefined ? item : withNullsOf(former, item);
    });
  }
  if (!isFields(before) || !isFields(value)) return value;
  const nulls = Object.entries(before).filter(([key, inner]) => inner === null && value[key] === undefined);
  const kept = Object.entries(value).map(([key, inner]) => [key, withNullsOf(before[key], inner)] as const);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(nulls) } satisfies Fields;
}

function isSame(a: unknown, b: unknown): boolean {
  if (!isFields(a) || !isFields(b)) return isDeepStrictEqual(a, b);
  const key = KEYS.find((candidate) => b[candidate] !== undefined);
  return key === undefined ? isDeepStrictEqual(withoutNulls(a), b) : a[key] === b[key];
}
