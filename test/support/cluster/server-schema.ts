import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';

/** A schema of the API server's OpenAPI v3, as far as it says how fields merge. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema & { readonly 'x-kubernetes-group-version-kind'?: unknown }>> };
}

/**
 * What the API server itself says of the kinds that it serves: the judge, in tests, of what is one value and what is many. Nothing of the
 * product reads it.
 */
export class ServerSchema {
  readonly #schemas = new Map<string, Schema>();
  readonly #kinds = new Map<string, Schema>();

  /** Reads the documents of the objects' group versions. */
  static async of(api: KubeApi, objects: readonly KubeObject[]): Promise<ServerSchema> {
    const schema = new ServerSchema();
    const index = JSON.parse(await api.getText('/openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> };
    for (const apiVersion of new Set(objects.map((object) => object.apiVersion))) {
      const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
      const url = index.paths[path]?.serverRelativeURL;
      if (url === undefined) throw new Error(`${apiVersion}: expected /openapi/v3 to name its document, found none`);
      schema.#take(JSON.parse(await api.getText(url)) as Document);
    }
    return schema;
  }

  #take(document: Document): void {
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      this.#schemas.set(name, schema);
      const kinds = schema['x-kubernetes-group-version-kind'];
      for (const one of Array.isArray(kinds) ? kinds.filter(isFields) : []) this.#kinds.set(kindKey(one), schema);
    }
  }

  /** Of a kind. */
  kind({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): Schema {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const found = this.#kinds.get(kindKey({ group, version, kind }));
    if (found === undefined) throw new Error(`${apiVersion} ${kind}: its document has no schema of it`);
    return found;
  }

  /** The schema that a reference, alone or with a default beside it, means. */
  resolve(schema: Schema | undefined): Schema {
    if (schema === undefined) return {};
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (reference === undefined) return schema;
    const { allOf: _, $ref: __, ...own } = schema;
    return { ...this.resolve(this.#schemas.get(reference.slice(reference.lastIndexOf('/') + 1))), ...own };
  }

  /** Of a field of a map, or of an item of a list. */
  inner(schema: Schema, key: string | number): Schema {
    if (typeof key === 'number') return this.resolve(schema.items);
    const { additionalProperties } = schema;
    return this.resolve(schema.properties?.[key] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined));
  }

  /** Whether server-side apply holds the list or map as one value. A list of which the schema says nothing is one. */
  isAtomic(schema: Schema, value: unknown): boolean {
    if (Array.isArray(value)) return (schema['x-kubernetes-list-type'] ?? 'atomic') === 'atomic';
    return isFields(value) && schema['x-kubernetes-map-type'] === 'atomic';
  }
}

function kindKey({ group, version, kind }: Fields): string {
  return JSON.stringify([group, version, kind]);
}
