import { isFields } from './fields.ts';

/** The part of a structural OpenAPI v3 schema that defaulting reads. */
export interface Schema {
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** The part that says what a field may hold, for callers that list its values or try them. */
export interface ValueSchema extends Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: ValueSchema;
  readonly items?: ValueSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/**
 * A copy of `value` with the schema's defaults, by the API server's rule: a default fills an absent field, then the field's own
 * schema is applied to it, so `default: {}` on an object brings the defaults inside it.
 */
export function applyDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined ? value : value.map((item) => applyDefaults(items, item));
  }
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties)) {
    const present = result[name] ?? property.default;
    if (present !== undefined) result[name] = applyDefaults(property, present);
  }
  return result;
}

/** The part of a schema that {@link applyDefaults} needs: the defaults, and the way to them. */
export function defaultsOnly(schema: Schema): Schema {
  const properties = Object.entries(schema.properties ?? {})
    .map(([name, property]) => [name, defaultsOnly(property)] as const)
    .filter(([, property]) => Object.keys(property).length > 0);
  const items = schema.items === undefined ? {} : defaultsOnly(schema.items);
  return {
    ...(schema.default !== undefined && { default: schema.default }),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(Object.keys(items).length > 0 && { items }),
  };
}

/**
 * The schema with every object closed. A structural schema drops unknown fields without a word; people who misspell a field want to hear of
 * it.
 */
export function closedSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchema);
  if (!isFields(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closedSchema(value)]);
  return { ...Object.fromEntries(entries), ...('properties' in schema && { additionalProperties: false }) };
}
