import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import { FEATURE_NAMES, type Feature } from '../api/features.ts';
import { closedSchema } from '../api/schema.ts';
import { ruleViolations } from '../api/stack-rules.ts';
import { stackSpecSchema } from '../api/stack-spec-schema.ts';
import type { TelemetryStackSpec } from '../api/telemetry-stack.ts';

/** What `cdk8s synth` renders; read from the file that DUOTEL_SETTINGS names, and from duotel.yaml where it is not set. */
export interface Settings {
  readonly operator: OperatorSettings;
  /** Spec of the TelemetryStack that the operator creates; its objects are in `dist` too. */
  readonly stack: TelemetryStackSpec;
}

export interface OperatorSettings {
  /** Node image that runs the program from its ConfigMaps. Default: the official one, by digest. */
  readonly image?: string;
  /** An image built from the Dockerfile, with the program inside; no program ConfigMap is rendered then. */
  readonly builtImage?: string;
  /** Where workloads are injected. Default: the whole cluster. These namespaces must exist when `dist` is applied. */
  readonly scope?: { readonly namespaces: readonly string[] };
  /** Rights to kinds that stacks may come to ask for; those that `stack` asks for are given anyway. */
  readonly features?: readonly Feature[];
  /** Pods of the operator. One of them writes, the others wait with warm caches. Default 1: after a crash the new pod waits up to 15 s. */
  readonly replicas?: number;
  /** Ports that the operator may reach the API server at, for its NetworkPolicy. Default: 443, 6443, 8443 and 16443. */
  readonly apiServerPorts?: readonly number[];
}

const OPERATOR_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    image: { type: 'string', minLength: 1 },
    builtImage: { type: 'string', minLength: 1 },
    scope: {
      type: 'object',
      additionalProperties: false,
      required: ['namespaces'],
      properties: {
        namespaces: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
        },
      },
    },
    replicas: { type: 'integer', minimum: 1, maximum: 5 },
    apiServerPorts: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'integer', minimum: 1, maximum: 65535 } },
    features: { type: 'array', items: { enum: FEATURE_NAMES } },
  },
};

/**
 * Reads settings. No file at the default place: all defaults.
 * @throws Error that names the file, the field, what it holds and what was expected.
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const file = env['DUOTEL_SETTINGS'];
  let text: string;
  try {
    text = readFileSync(file ?? 'duotel.yaml', 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (file === undefined && absent) return { operator: {}, stack: {} };
    throw new Error(`${file === undefined ? '' : 'DUOTEL_SETTINGS: '}${error instanceof Error ? error.message : String(error)}`);
  }
  return parseSettings(text, file ?? 'duotel.yaml');
}

/** `file` is for messages only. */
export function parseSettings(text: string, file: string): Settings {
  const value = parsed(text, file);
  const specSchema = stackSpecSchema();
  const stack = closedSchema(specSchema);
  const schema = { type: 'object', additionalProperties: false, properties: { operator: OPERATOR_SCHEMA, stack } };
  const validate = new Ajv({ allErrors: true, strict: false, verbose: true, formats: { int32: true, int64: true } }).compile(schema);
  const invalid = (sentences: readonly string[]) => new Error(`${file} is not valid:\n${sentences.map((one) => `  ${one}`).join('\n')}`);
  if (!validate(value)) throw invalid((validate.errors ?? []).map(sentence));
  const { operator = {}, stack: spec = {} } = value as Partial<Settings>;
  const broken = ruleViolations(specSchema, spec);
  if (broken.length > 0) throw invalid(broken.map(({ path, message }) => `stack${path === '' ? '' : '.'}${path}: ${message}`));
  return { operator, stack: spec };
}

function parsed(text: string, file: string): unknown {
  try {
    return parse(text) ?? {};
  } catch (error) {
    throw new Error(`${file} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sentence(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.') || '(top)';
  const parent = error.parentSchema as { description?: string; properties?: object; enum?: readonly string[] } | undefined;
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = Object.keys(parent?.properties ?? {}).join(', ');
      return `${at}: unknown field "${String(error.params['additionalProperty'])}", expected one of ${known}`;
    }
    case 'enum':
      return `${at}: is ${JSON.stringify(error.data)}, expected one of ${(parent?.enum ?? []).join(', ')}`;
    default:
      return `${at}: is ${JSON.stringify(error.data)}, ${error.message ?? 'not valid'}${parent?.description ? ` (${parent.description})` : ''}`;
  }
}
