import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';

/** Groups with a dot whose kinds are Kubernetes' own. A group without one always is: that of a CRD has a domain's name. */
const OWN_GROUPS: ReadonlySet<string> = new Set(
  [
    'admissionregistration',
    'apiregistration',
    'authentication',
    'authorization',
    'certificates',
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'networking',
    'node',
    'rbac.authorization',
    'resource',
    'scheduling',
    'storage',
    'storagemigration',
  ].map((name) => `${name}.k8s.io`),
);

/**
 * The object in the form that is sent, where another form would do harm. It has no empty lists (a NetworkPolicy with `ingress: []` gets a
 * new resourceVersion at every apply, kubernetes#131175), except those that are not empty in `live` and must become so. Objects of kinds
 * that are not Kubernetes' own keep their empty lists, where they may mean something. So does a CRD's schema.
 */
export function normalForm(object: KubeObject, live?: KubeObject): KubeObject {
  const plain = withoutStringData(object);
  return isBuiltIn(plain) ? (stripEmptyLists(plain, live) as KubeObject) : plain;
}

/** Whether the kind is Kubernetes' own. Its objects are stored as protobuf, which does not tell an empty list from none. */
export function isBuiltIn({ apiVersion }: Pick<KubeObject, 'apiVersion'>): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return !group.includes('.') || OWN_GROUPS.has(group);
}

/** The same value when it has no empty list in it, so that objects that are equal stay identical. */
function stripEmptyLists(value: unknown, live: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => stripEmptyLists(item, Array.isArray(live) ? live[index] : undefined));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value);
  const there = (name: string): unknown => (isFields(live) ? live[name] : undefined);
  const kept = entries
    .filter(([name, inner]) => !isEmptyList(inner) || (Array.isArray(there(name)) && !isEmptyList(there(name))))
    .map(([name, inner]) => [name, stripEmptyLists(inner, there(name))] as const);
  const same = kept.length === entries.length && kept.every(([name, inner]) => inner === value[name]);
  return same ? value : Object.fromEntries(kept);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** The object with a Secret's write-only `stringData` as the `data` that it becomes; the same where there is none. */
export function withoutStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  if (object.kind !== 'Secret' || !isFields(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...rest, data: { ...(isFields(object['data']) ? object['data'] : {}), ...Object.fromEntries(encoded) } } as KubeObject;
}
