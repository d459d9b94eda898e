/** The value at a path of field names; undefined when any of them is absent. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const field of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[field];
  }
  return value;
}

/** `{a: {b: value}}` for the path `[a, b]`. */
export function nestAt(path: readonly string[], value: unknown): Readonly<Record<string, unknown>> {
  return path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), value) as Readonly<Record<string, unknown>>;
}
