import { Environment } from '@marcbachmann/cel-js';
import { applyDefaults, type ValueSchema } from './schema.ts';

/** A rule that a spec breaks. `path` is like `collector.exporters.0`, empty for the spec itself; `message` is the CRD's. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

const CEL = new Environment().registerVariable('self', 'dyn');

/**
 * The rules across fields that a spec breaks; by the schema it is valid otherwise. Defaults count, as at the API server.
 * @throws Error when the schema has a rule that is not known here.
 */
export function ruleViolations(schema: ValueSchema, spec: unknown): readonly Violation[] {
  return walk(schema, applyDefaults(schema, spec), []);
}

function walk(schema: ValueSchema, value: unknown, path: readonly string[]): readonly Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  const broken = (schema['x-kubernetes-validations'] ?? []).filter(({ rule }) => !holds(rule, value));
  const below = Object.entries(value).flatMap(([key, inner]) => {
    const inside = Array.isArray(value) ? schema.items : (schema.properties?.[key] ?? schema.additionalProperties);
    return inside === undefined ? [] : walk(inside, inner, [...path, key]);
  });
  return [...broken.map(({ message }) => ({ path: path.join('.'), message })), ...below];
}

function holds(rule: string, self: object): boolean {
  try {
    return CEL.evaluate(rule, { self }) === true;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`crds/telemetrystack.yaml: the rule "${rule}" cannot be evaluated outside of the API server: ${why}`, { cause });
  }
}
