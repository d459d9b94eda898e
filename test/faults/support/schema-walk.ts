/** The part of a structural OpenAPI schema that the walk reads. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

export interface Field {
  /** From `spec` on, for example `['jaeger', 'retention']`. */
  readonly path: readonly string[];
  /** Values that the schema allows: smallest, largest, empty. */
  readonly valid: readonly unknown[];
  /** Values that it does not. */
  readonly invalid: readonly unknown[];
}

/** Texts that the patterns of a Kubernetes API tend to allow; which of them a pattern allows is looked up. */
const TEXTS = [
  '',
  '0',
  '1',
  '1m',
  '1500m',
  '64Mi',
  '1Gi',
  '20Gi',
  '1Ti',
  '1h',
  '100h',
  '1d',
  '2w',
  '5m',
  '30s',
  '1MB',
  '9GB',
  '10%',
  '100%',
  'a',
  'a-b',
  'A_B',
  'a/b',
  'https://example.com',
  'example.com:443',
  '*',
];

/** Every field that holds a value, each with values at its limits. Fields inside lists and maps are left to their own list's empty value. */
export function walk(schema: Schema, path: readonly string[] = []): readonly Field[] {
  if (schema.properties !== undefined)
    return Object.entries(schema.properties).flatMap(([name, property]) => walk(property, [...path, name]));
  const { valid, invalid } = values(schema);
  return [{ path, valid, invalid }];
}

function values(schema: Schema): Omit<Field, 'path'> {
  if (schema.enum !== undefined) return { valid: schema.enum, invalid: ['no-such-value', 7] };
  if (schema['x-kubernetes-int-or-string']) return { valid: [], invalid: [{}] };
  switch (schema.type) {
    case 'boolean':
      return { valid: [true, false], invalid: ['yes', 1] };
    case 'integer':
    case 'number': {
      const { minimum, maximum } = schema;
      const beyond = [...(minimum === undefined ? [] : [minimum - 1]), ...(maximum === undefined ? [] : [maximum + 1])];
      return { valid: [minimum ?? 1, maximum ?? 7], invalid: ['many', ...beyond] };
    }
    case 'string':
      return text(schema);
    case 'array':
      return { valid: [[]], invalid: ['none', {}] };
    default:
      return { valid: [{}], invalid: ['none', 3] };
  }
}

function text({ pattern, minLength = 0, maxLength }: Schema): Omit<Field, 'path'> {
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  const fits = (one: string): boolean =>
    one.length >= minLength && one.length <= (maxLength ?? Number.POSITIVE_INFINITY) && (expression?.test(one) ?? true);
  const allowed = TEXTS.filter(fits);
  const longest = maxLength === undefined ? [] : ['a'.repeat(maxLength)].filter(fits);
  const tooLong = maxLength === undefined ? [] : ['a'.repeat(maxLength + 1)];
  const refused = expression === undefined && minLength === 0 ? [] : ['', '!! no', ...TEXTS].filter((one) => !fits(one)).slice(0, 2);
  return { valid: [...new Set([...allowed.slice(0, 1), ...allowed.slice(-1), ...longest])], invalid: [3, {}, ...refused, ...tooLong] };
}
