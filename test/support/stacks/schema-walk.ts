import { isFields } from '../../../api/fields.ts';
import type { ValueSchema } from '../../../api/schema.ts';
import { telemetryStackCrd } from '../../../api/telemetry-stack-crd.ts';

/** One spec that differs from a valid one in one field. */
export interface FieldCase {
  /** The field and what is in it, for people. */
  readonly about: string;
  /** The field as the API server names it. */
  readonly path: string;
  readonly spec: object;
  readonly valid: boolean;
}

/** Values that rules across fields ask for where the walk needs an object: a valid surrounding of each field. */
const VALID: Readonly<Record<string, unknown>> = {
  'collector.exporters': { name: 'a', endpoint: 'http://a:1', signals: ['traces'] },
  'collector.exporters.headers': { name: 'a', secretKeyRef: { name: 'a', key: 'a' } },
  'prometheus.remoteWrite': { name: 'a', url: 'http://a' },
};

/** For each field of the spec: its least, its most and each of its values, and what lies just beyond. */
export function fieldCases(): readonly FieldCase[] {
  const crd = telemetryStackCrd() as { spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: ValueSchema } } } }[] } };
  const root = crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec;
  return root === undefined ? [] : walk(root, []);
}

function walk(schema: ValueSchema, at: readonly string[]): readonly FieldCase[] {
  const own = at.length === 0 ? [] : cases(schema, at);
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => walk(property, [...at, name]));
  const items = schema.items?.properties === undefined ? [] : walk(schema.items, [...at, '[]']);
  return [...own, ...inside, ...items];
}

function cases(schema: ValueSchema, at: readonly string[]): readonly FieldCase[] {
  const path = `spec.${at.join('.').replaceAll('.[]', '[0]')}`;
  const make = (value: unknown, valid: boolean, what: string): readonly FieldCase[] => {
    const spec = specWith(at, value);
    return spec === undefined ? [] : [{ about: `${path} ${what}`, path, spec, valid }];
  };
  switch (schema.type) {
    case 'integer':
      return [
        ...(schema.minimum === undefined ? [] : make(schema.minimum - 1, false, `below ${schema.minimum}`)),
        ...(schema.maximum === undefined ? [] : make(schema.maximum + 1, false, `above ${schema.maximum}`)),
        ...make('many', false, 'of another type'),
        ...(isFree(at)
          ? [
              ...(schema.minimum === undefined ? [] : make(schema.minimum, true, 'at its least')),
              ...(schema.maximum === undefined ? [] : make(schema.maximum, true, 'at its most')),
            ]
          : []),
      ];
    case 'boolean':
      return [
        ...make('yes', false, 'of another type'),
        ...(isFree(at) ? [...make(true, true, 'true'), ...make(false, true, 'false')] : []),
      ];
    case 'string':
      return [
        ...(schema.enum === undefined ? [] : make('none-of-them', false, 'that is no value')),
        ...(schema.enum !== undefined && isFree(at) ? schema.enum.flatMap((value) => make(value, true, value)) : []),
        ...(schema.pattern === undefined ? [] : make('\n', false, 'of another form')),
        ...((schema.minLength ?? 0) > 0 || schema.pattern !== undefined ? make('', false, 'empty') : []),
        ...(schema.maxLength === undefined ? [] : make('x'.repeat(schema.maxLength + 1), false, 'too long')),
        ...make(7, false, 'of another type'),
      ];
    case 'array': {
      const few = schema.minItems === undefined ? [] : make([], false, 'empty');
      const many =
        schema.maxItems === undefined
          ? []
          : make(
              Array.from({ length: schema.maxItems + 1 }, (_, index) => example(schema.items, at, index)),
              false,
              'with too many',
            );
      return [...few, ...many, ...make({}, false, 'of another type')];
    }
    case 'object': {
      const unknown = make('text', false, 'of another type');
      if (schema.additionalProperties === undefined) return unknown;
      const { maxProperties = 0 } = schema;
      const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`example.com/k${index}`, 'v']));
      return [
        ...unknown,
        ...make(entries(maxProperties + 1), false, 'with too many'),
        ...make(entries(maxProperties), true, 'at its most'),
        ...make({}, true, 'empty'),
      ];
    }
    default:
      return [];
  }
}

/** Fields that another one decides on: the rules have tests of their own. */
const RULED = /(^|\.)(replicas|minReplicas|maxReplicas|mode|enabled|type|operator|effect|tolerationSeconds|protocol)$/;

function isFree(at: readonly string[]): boolean {
  return (
    !at.includes('[]') &&
    !RULED.test(at.join('.')) &&
    specWith(at, 0) !== undefined &&
    at.every((_, depth) => REQUIRING[at.slice(0, depth).join('.')] === undefined)
  );
}

/** Objects with fields that must be there, and what makes them whole. */
const REQUIRING: Readonly<Record<string, object>> = {
  'collector.tls': { secretName: 'a' },
  'collector.auth': { secretName: 'a' },
  'jaeger.storage.search': { urls: ['http://a'] },
  'jaeger.storage.cassandra': { servers: ['a.b'], datacenter: 'a' },
  'jaeger.storage.clickhouse': { addresses: ['a.b:1'] },
  'jaeger.storage.tls.caSecret': { name: 'a', key: 'a' },
  'jaeger.ingress': { host: 'a' },
  'prometheus.ingress': { host: 'a' },
  'grafana.ingress': { host: 'a' },
  'jaeger.httpRoute': { parentRefs: [{ name: 'a' }] },
  'prometheus.httpRoute': { parentRefs: [{ name: 'a' }] },
  'grafana.httpRoute': { parentRefs: [{ name: 'a' }] },
  'grafana.database': { host: 'a:1', user: 'a', passwordSecret: { name: 'a', key: 'a' } },
  'grafana.database.passwordSecret': { name: 'a', key: 'a' },
};

function example(items: ValueSchema | undefined, at: readonly string[], index: number): unknown {
  const whole = VALID[at.filter((part) => part !== '[]').join('.')];
  if (whole !== undefined) return { ...(whole as object), name: `a${index}` };
  if (items?.type !== 'object') return items?.enum?.[0] ?? `http://a${index}:1`;
  return { name: `a${index}`, value: 'x', key: `k${index}`, topologyKey: 'zone' };
}

/** A spec in which the field has the value and all around it is as its schema asks. */
function specWith(at: readonly string[], value: unknown): object | undefined {
  let inner: unknown = value;
  for (let depth = at.length - 1; depth >= 0; depth--) {
    const name = at[depth] ?? '';
    const before = at
      .slice(0, depth)
      .filter((part) => part !== '[]')
      .join('.');
    if (name === '[]') {
      const whole = VALID[before];
      inner = [isFields(inner) && isFields(whole) ? { ...whole, ...inner } : inner];
      continue;
    }
    const around = at[depth - 1] === '[]' ? {} : (REQUIRING[before] ?? {});
    inner = { ...around, [name]: inner };
  }
  return isFields(inner) ? inner : undefined;
}
