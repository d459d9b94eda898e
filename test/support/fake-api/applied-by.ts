import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';

/**
 * `fieldsV1` of a value, as the API server writes them for a kind without a schema: maps by their fields, lists as one. `keys`: by the name of
 * a list, the field that tells its items apart.
 */
function fieldsV1Of(value: Fields, keys: Readonly<Record<string, string>> = {}): Fields {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const key = keys[name];
      if (isFields(inner)) return [`f:${name}`, fieldsV1Of(inner, keys)];
      if (key === undefined || !Array.isArray(inner)) return [`f:${name}`, {}];
      const items = inner
        .filter(isFields)
        .map((item) => [`k:${JSON.stringify({ [key]: item[key] })}`, { '.': {}, ...fieldsV1Of(item, keys) }]);
      return [`f:${name}`, Object.fromEntries(items)];
    }),
  );
}

/** The object, with an entry that says that a manager has applied all of it. */
export function appliedBy(object: KubeObject, keys: Readonly<Record<string, string>> = {}, manager: string = FIELD_MANAGER): KubeObject {
  const { apiVersion: _, kind: __, metadata, ...fields } = object;
  const { name: ___, namespace: ____, managedFields = [], uid: _____, resourceVersion: ______, ...meta } = metadata;
  const entry: ManagedFieldsEntry = { manager, operation: 'Apply', fieldsV1: fieldsV1Of({ metadata: meta, ...fields }, keys) };
  return { ...object, metadata: { ...metadata, managedFields: [...managedFields, entry] } };
}
