/** Prints docs/reference/telemetrystack.md, made from the CRD: `node tools/reference-telemetrystack.ts > docs/reference/telemetrystack.md`. */
import { fileURLToPath } from 'node:url';
import type { ValueSchema } from '../api/schema.ts';
import { stackSpecSchema } from '../api/stack-spec-schema.ts';

/** The page's text. */
export function telemetryStackReference(): string {
  const spec: ValueSchema = stackSpecSchema();
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

function section(name: string, schema: ValueSchema): readonly string[] {
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

function rows(schema: ValueSchema, path: string, required: boolean): readonly string[] {
  const own = `| \`${path}\` | ${holds(schema)} | ${required ? 'required' : fallback(schema)} | ${cell(schema.description ?? '')} |`;
  const inner = schema.items?.properties === undefined ? schema : schema.items;
  const prefix = schema.items?.properties === undefined ? `${path}.` : `${path}[].`;
  const below = Object.entries(inner.properties ?? {}).flatMap(([name, one]) =>
    rows(one, `${prefix}${name}`, inner.required?.includes(name) ?? false),
  );
  return [own, ...below];
}

function holds(schema: ValueSchema): string {
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

function fallback({ default: value, type }: ValueSchema): string {
  return value === undefined || (type === 'object' && JSON.stringify(value) === '{}')
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function rules(schema: ValueSchema): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...own, ...inner.flatMap(rules)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${telemetryStackReference()}\n`);
