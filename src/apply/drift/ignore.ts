import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { fieldHolders } from './field-owners.ts';
import { put, read, segments, without } from './pointer.ts';

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
 * does: if another manager applies a field, it is left out, and its value is that manager's alone. Any other field has its live value sent,
 * because leaving out a field that we own would remove it.
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
