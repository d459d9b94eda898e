/** An OpenAPI v3 document of one API group and version, as `/openapi/v3/...` of an API server has it. */
export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
type Schema = Readonly<Record<string, unknown>>;

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const PREFIX = '#/components/schemas/';

/**
 * JSON schemas of a document's kinds by file name, as kubeconform's template `{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json`
 * asks for them; it takes `v1` for the group of the core. Fields that the API does not know are refused.
 */
export function jsonSchemas(api: OpenApi): ReadonlyMap<string, object> {
  const { schemas } = api.components;
  const files = new Map<string, object>();
  for (const [name, schema] of Object.entries(schemas)) {
    for (const { group, version, kind } of (schema['x-kubernetes-group-version-kind'] ?? []) as readonly GroupVersionKind[]) {
      const definitions = Object.fromEntries([...reachable(name, schemas)].map((one) => [one, closed(schemas[one])]));
      files.set(`${group || version}_${version}_${kind.toLowerCase()}.json`, { $ref: `#/definitions/${name}`, definitions });
    }
  }
  return files;
}

/** Names of the schemas that one refers to, however far. */
function reachable(name: string, schemas: Readonly<Record<string, Schema>>): ReadonlySet<string> {
  const seen = new Set([name]);
  for (const one of seen) {
    for (const [, found = ''] of JSON.stringify(schemas[one] ?? {}).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) seen.add(found);
  }
  return seen;
}

/** A schema that refuses fields that it does not list, with its references in the same file. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keyword(key, inner)]));
  const open = !('properties' in schema) || 'additionalProperties' in schema || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return open ? schema : { ...schema, additionalProperties: false };
}

function keyword(key: string, value: unknown): unknown {
  switch (key) {
    case '$ref':
      return String(value).replace(PREFIX, '#/definitions/');
    // Its keys are names of fields, of which `default` and `$ref` may be some.
    case 'properties':
      return Object.fromEntries(Object.entries(value as object).map(([name, schema]) => [name, closed(schema)]));
    case 'default':
    case 'enum':
      return value;
    default:
      return closed(value);
  }
}
