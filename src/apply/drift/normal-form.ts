import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';

/**
 * The object as the API server would store it, where sending it otherwise does harm: without empty lists (a NetworkPolicy with
 * `ingress: []` gets a new resourceVersion at every apply, kubernetes#131175), and a Secret's write-only `stringData` as `data`.
 * Objects of kinds that are not Kubernetes' own keep their empty lists, where they may mean something, and so does a CRD's schema.
 */
export function normalForm(object: KubeObject): KubeObject {
  if (!isBuiltIn(object)) return object;
  const lean = stripEmptyLists(object) as KubeObject;
  return lean.kind === 'Secret' && isFields(lean['stringData']) ? withoutStringData(lean, lean['stringData']) : lean;
}

function isBuiltIn({ apiVersion }: KubeObject): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  if (group === 'apiextensions.k8s.io') return false;
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** The same value when it has no empty list in it, so that objects that are equal stay identical. */
function stripEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(stripEmptyLists);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value);
  const kept = entries
    .filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0))
    .map(([name, inner]) => [name, stripEmptyLists(inner)] as const);
  const same = kept.length === entries.length && kept.every(([name, inner]) => inner === value[name]);
  return same ? value : Object.fromEntries(kept);
}

function withoutStringData(secret: KubeObject, stringData: Fields): KubeObject {
  const { stringData: _, ...rest } = secret;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...rest, data: { ...(isFields(secret['data']) ? secret['data'] : {}), ...Object.fromEntries(encoded) } } as KubeObject;
}
