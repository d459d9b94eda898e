import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { Difference } from './drift.ts';
import { entriesOf, isItem, isKubectlApply, isOurApply } from './managed-fields.ts';

/** Where a client-side `kubectl apply` keeps the manifest. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Fields that were applied before and that `desired` no longer has. Drift cannot see these: it looks at desired fields only. They are the
 * fields that our apply entry owns, or kubectl's if we never wrote. The entry of a client-side apply also owns the API server's defaults,
 * so then the manifest tells that kubectl keeps in an annotation.
 */
export function withdrawn(desired: KubeObject, live: KubeObject): readonly Difference[] {
  const entries = entriesOf(live).filter(({ operation }) => operation === 'Apply');
  const entry = entries.find(isOurApply) ?? entries.find(isKubectlApply);
  if (entry !== undefined) return fromFields(desired, entry.fieldsV1 ?? {}, '');
  const manifest = lastApplied(live);
  return manifest === undefined ? [] : fromManifest(desired, withoutKubectl(manifest), '');
}

/** undefined when there is none, or when somebody has spoilt it. */
function lastApplied(live: KubeObject): { readonly metadata?: Fields } | undefined {
  try {
    const manifest: unknown = JSON.parse(live.metadata.annotations?.[LAST_APPLIED] ?? 'null');
    return isFields(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

const gone = (path: string): Difference => ({ path, desired: undefined, live: 'set', certain: true });

/** `owned`: fieldsV1, see managed-fields.ts. */
function fromFields(desired: unknown, owned: Fields, path: string): readonly Difference[] {
  return Object.entries(owned).flatMap(([key, inner]) => {
    if (key.startsWith('f:')) {
      const name = key.slice(2);
      const at = path === '' ? name : `${path}.${name}`;
      if (!isFields(desired)) return [];
      return Object.hasOwn(desired, name) ? fromFields(desired[name], inner as Fields, at) : [gone(at)];
    }
    if (!Array.isArray(desired)) return [];
    if (key.startsWith('v:')) return desired.includes(JSON.parse(key.slice(2))) ? [] : [gone(`${path}[${key.slice(2)}]`)];
    if (!key.startsWith('k:')) return [];
    const item = desired.find((one) => isItem(one, key));
    const id = Object.entries(JSON.parse(key.slice(2)) as Fields);
    const at = `${path}[${id.map((pair) => pair.join('=')).join(',')}]`;
    return item === undefined ? [gone(at)] : fromFields(item, inner as Fields, at);
  });
}

/** Lists of objects are compared item by item if they are as long as before. A shorter list has lost something. */
function fromManifest(desired: unknown, before: unknown, path: string): readonly Difference[] {
  if (Array.isArray(before)) {
    if (!Array.isArray(desired) || desired.length < before.length) return [gone(path)];
    return before.flatMap((item, index) => fromManifest(desired[index], item, `${path}[${index}]`));
  }
  if (!isFields(before) || !isFields(desired)) return [];
  return Object.entries(before).flatMap(([name, value]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(desired, name) ? fromManifest(desired[name], value, at) : [gone(at)];
  });
}

/** kubectl adds an empty `annotations` to the manifest that it keeps. */
function withoutKubectl(manifest: { readonly metadata?: Fields }): Fields {
  const { annotations, ...metadata } = manifest.metadata ?? {};
  const own = isFields(annotations) && Object.keys(annotations).length > 0 ? { annotations } : {};
  return { ...manifest, metadata: { ...metadata, ...own } };
}
