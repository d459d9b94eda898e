import { type Fields, isFields } from '../../../api/fields.ts';

/*
 * Paths as an IgnoreRule writes them: JSON pointers (RFC 6901) whose segments may also name an item of a list by one of its fields
 * (`name=grafana`).
 */

/** The segments of a path, without their escapes. */
export function segments(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The index of the item that a segment of a path names; -1 when there is none. */
export function itemIndex(list: readonly unknown[], segment: string): number {
  if (/^\d+$/.test(segment)) return Number(segment) < list.length ? Number(segment) : -1;
  const [key = '', ...value] = segment.split('=');
  return list.findIndex((item) => isFields(item) && item[key] !== undefined && String(item[key]) === value.join('='));
}

/** The value at `path`; undefined where there is none. */
export function read(value: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) return read(value[itemIndex(value, head)], rest);
  return isFields(value) ? read(value[head], rest) : undefined;
}

/** A copy with the field at `path` set; the value itself where a list item on the way is not there. */
export function put(value: unknown, path: readonly string[], to: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return to;
  if (Array.isArray(value)) {
    const index = itemIndex(value, head);
    return index === -1 ? value : value.map((item, i) => (i === index ? put(item, rest, to) : item));
  }
  const fields: Fields = isFields(value) ? value : {};
  return { ...fields, [head]: put(fields[head], rest, to) };
}

/** A copy without what is at `path`; the value itself where nothing is there. */
export function without(value: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path;
  if (head === undefined || read(value, path) === undefined) return value;
  if (Array.isArray(value)) {
    const index = itemIndex(value, head);
    if (rest.length === 0) return value.filter((_, i) => i !== index);
    return value.map((item, i) => (i === index ? without(item, rest) : item));
  }
  if (!isFields(value)) return value;
  const { [head]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [head]: without(inner, rest) };
}
