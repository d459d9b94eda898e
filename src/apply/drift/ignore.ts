import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { fieldHolders } from './field-owners.ts';

/** A field of some objects that somebody else looks after. */
export interface IgnoreRule {
  readonly kind: string;
  /** Default: every object of the kind. */
  readonly name?: string;
  /**
   * JSON pointer (RFC 6901), for example `/spec/replicas`; an item of a list by its index or by one of its fields:
   * `/spec/template/spec/containers/name=grafana/image`.
   */
  readonly path: string;
}

/**
 * The desired object with each ignored field as it is live, so that it neither differs nor changes when the object is written. As Flux
 * does: a field that another manager applies is left out (what it says stays, and is its alone); any other has its live value sent,
 * because leaving out what we own would remove it.
 */
export function withIgnored(desired: KubeObject, live: KubeObject, rules: readonly IgnoreRule[]): KubeObject {
  const { kind, metadata } = desired;
  const matching = rules.filter((rule) => rule.kind === kind && (rule.name === undefined || rule.name === metadata.name));
  return matching.reduce((object, rule) => adopt(object, live, segments(rule.path)) as KubeObject, desired);
}

function adopt(desired: KubeObject, live: KubeObject, path: readonly string[]): unknown {
  const value = read(live, path);
  if (value === undefined) return without(desired, path);
  const holders = fieldHolders(live, path);
  const theirs = holders.some(({ manager, operation }) => operation === 'Apply' && manager !== FIELD_MANAGER);
  if (theirs) return without(desired, path);
  const ours = holders.some(({ manager }) => manager === FIELD_MANAGER);
  return read(desired, path) === undefined && !ours ? desired : put(desired, path, value);
}

function segments(path: string): readonly string[] {
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

function read(value: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) return read(value[itemIndex(value, head)], rest);
  return isFields(value) ? read(value[head], rest) : undefined;
}

/** A copy with the field at `path` set; the value itself where a list item on the way is not there. */
function put(value: unknown, path: readonly string[], to: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return to;
  if (Array.isArray(value)) {
    const index = itemIndex(value, head);
    return index === -1 ? value : value.map((item, i) => (i === index ? put(item, rest, to) : item));
  }
  const fields: Fields = isFields(value) ? value : {};
  return { ...fields, [head]: put(fields[head], rest, to) };
}

function without(value: unknown, path: readonly string[]): unknown {
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
