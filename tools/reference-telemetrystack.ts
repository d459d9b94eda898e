/** Prints docs/reference/telemetrystack.md, made from the CRD: `node tools/reference-telemetrystack.ts > docs/reference/telemetrystack.md`. */
import { fileURLToPath } from 'node:url';
import { stackSpecSchema } from '../api/stack-spec-schema.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** The page's text. */
export function telemetryStackReference(): string {
  const spec: Schema = stackSpecSchema();
  const parts = Object.entries(spec.properties ?? {});
  const plain = parts.filter(([, schema]) => schema.properties === undefined);
  const sections = parts.filter(([, schema]) => schema.properties !== undefined);
  return [
    '# TelemetryStack',
    '',
    '<!-- Made from crds/telemetrystack.yaml by: node tools/reference-telemetrystack.ts > docs/reference/telemetrystack.md -->',
    '',
    'Every field of `spec`. An empty spec is a full stack. What a field may hold is checked by the API server, and by `cdk8s synth` for',
    '`stack:` of duotel.yaml; rules across fields are below each table.',
    '',
    ...table(plain.flatMap(([name, schema]) => rows(schema, name, false))),
    ...sections.flatMap(([name, schema]) => section(name, schema)),
  ].join('\n');
}

function section(name: string, schema: Schema): readonly string[] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([field, inner]) =>
    rows(inner, field, schema.required?.includes(field) ?? false),
  );
  const messages = [...new Set(rules(schema))];
  return [
    '',
    `## ${name}`,
    '',
    schema.description ?? '',
    '',
    ...table(fields),
    ...(messages.length === 0 ? [] : ['', ...messages.map((message) => `- ${cell(message)}`)]),
  ];
}

function table(lines: readonly string[]): readonly string[] {
  return ['| field | holds | default | what it is |', '|---|---|---|---|', ...lines];
}

function rows(schema: Schema, path: string, required: boolean): readonly string[] {
  const own = `| \`${path}\` | ${holds(schema)} | ${required ? 'required' : fallback(schema)} | ${cell(schema.description ?? '')} |`;
  const inner = schema.items?.properties === undefined ? schema : schema.items;
  const prefix = schema.items?.properties === undefined ? `${path}.` : `${path}[].`;
  const below = Object.entries(inner.properties ?? {}).flatMap(([name, one]) =>
    rows(one, `${prefix}${name}`, inner.required?.includes(name) ?? false),
  );
  return [own, ...below];
}

function holds(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.pattern !== undefined) return `text like \`${cell(schema.pattern)}\``;
  if (schema.type === 'integer') return range('whole number', schema.minimum, schema.maximum);
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'array')
    return range(
      `list of ${schema.items?.properties === undefined ? holds(schema.items ?? {}) : 'objects'}`,
      schema.minItems,
      schema.maxItems,
    );
  return schema.additionalProperties === undefined ? 'object' : 'map of text';
}

function range(what: string, least?: number, most?: number): string {
  const from = least === undefined ? '' : ` from ${least}`;
  const to = most === undefined ? '' : ` to ${most}`;
  return `${what}${from}${to}`;
}

function fallback({ default: value, type }: Schema): string {
  return value === undefined || (type === 'object' && JSON.stringify(value) === '{}')
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function rules(schema: Schema): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...own, ...inner.flatMap(rules)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${telemetryStackReference()}\n`);
