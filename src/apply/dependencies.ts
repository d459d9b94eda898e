import { isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { entryId, objectEntry } from './inventory.ts';

/** `spec.template.spec`, a CronJob's, or a Pod's own. */
const POD_SPECS: readonly (readonly string[])[] = [
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
];

/**
 * Identities of the objects of the set that `object` needs: its namespace, its CRD, the role it binds, and what its pods name (service
 * account, ConfigMaps, Secrets, claims, the governing Service). Optional references do not count.
 */
export function dependencies(object: KubeObject, set: readonly KubeObject[]): readonly string[] {
  const { namespace } = object.metadata;
  const named = [...references(object)].map((reference) => JSON.stringify(reference));
  const wanted = new Set(named);
  return set
    .filter((other) => {
      if (other === object) return false;
      if (other.kind === 'Namespace') return other.metadata.name === namespace;
      if (other.kind === 'CustomResourceDefinition') return defines(other, object);
      const sameSpace = other.metadata.namespace === undefined || other.metadata.namespace === namespace;
      return sameSpace && wanted.has(JSON.stringify([other.kind, other.metadata.name]));
    })
    .map((other) => entryId(objectEntry(other)));
}

function defines(crd: KubeObject, object: KubeObject): boolean {
  const { group, names } = (crd['spec'] ?? {}) as { group?: string; names?: { kind?: string } };
  return names?.kind === object.kind && object.apiVersion.startsWith(`${group}/`);
}

type Reference = readonly [kind: string, name: string];

function* references(object: KubeObject): Generator<Reference> {
  const roleRef = object['roleRef'];
  if (isFields(roleRef)) yield [String(roleRef['kind']), String(roleRef['name'])];
  for (const path of object.kind === 'Pod' ? [['spec']] : POD_SPECS) {
    const spec = path.reduce<unknown>((value, name) => (isFields(value) ? value[name] : undefined), object);
    if (isFields(spec)) yield* podReferences(spec);
  }
  const spec = object['spec'];
  if (object.kind === 'StatefulSet' && isFields(spec) && typeof spec['serviceName'] === 'string') yield ['Service', spec['serviceName']];
}

/** Kinds by the field that names an object of them, wherever it stands in a pod's spec. */
const BY_FIELD: Readonly<Record<string, readonly [kind: string, nameField: string]>> = {
  configMap: ['ConfigMap', 'name'],
  configMapRef: ['ConfigMap', 'name'],
  configMapKeyRef: ['ConfigMap', 'name'],
  secret: ['Secret', 'secretName'],
  secretRef: ['Secret', 'name'],
  secretKeyRef: ['Secret', 'name'],
  persistentVolumeClaim: ['PersistentVolumeClaim', 'claimName'],
};

function* podReferences(value: unknown): Generator<Reference> {
  if (Array.isArray(value)) {
    for (const item of value) yield* podReferences(item);
    return;
  }
  if (!isFields(value)) return;
  if (typeof value['serviceAccountName'] === 'string') yield ['ServiceAccount', value['serviceAccountName']];
  for (const [field, inner] of Object.entries(value)) {
    const [kind, nameField] = BY_FIELD[field] ?? [];
    if (kind !== undefined && nameField !== undefined && isFields(inner) && inner['optional'] !== true) {
      // A projected Secret is named by `name`, a mounted one by `secretName`.
      const name = inner[nameField] ?? inner['name'];
      if (typeof name === 'string') yield [kind, name];
    }
    yield* podReferences(inner);
  }
}
