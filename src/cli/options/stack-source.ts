import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { closedSchema } from '../../../api/schema.ts';
import { stackSpecSchema } from '../../../api/stack-spec-schema.ts';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import type { InjectionConfig } from '../../inject/wishes/config.ts';
import { defaultStackSettings, stackSettings } from '../../survey/stacks.ts';

/**
 * The settings that the TelemetryStack of a manifest gives to workloads; without a file, those of the operator's default stack.
 * @throws Error naming the file and what was expected in it.
 */
export function stackOfFile(file: string | undefined): InjectionConfig {
  if (file === undefined) return defaultStackSettings().config;
  const name = `--stack-file ${file}`;
  const documents = parseAllDocuments(textOf(file, name));
  const broken = Array.isArray(documents) ? documents.flatMap(({ errors }) => errors)[0] : undefined;
  if (broken !== undefined) throw new Error(`${name}: is not YAML: ${broken.message}`);
  const values: readonly unknown[] = Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : [];
  const isStack = (value: unknown): value is Fields => isFields(value) && value['kind'] === TELEMETRY_STACK.kind;
  const [stack, ...others] = values.filter(isStack);
  if (stack === undefined || others.length > 0) {
    throw new Error(`${name}: holds ${others.length + (stack === undefined ? 0 : 1)} TelemetryStacks, expected one`);
  }
  const faults = stackFaults(stack);
  if (faults.length > 0) throw new Error(`${name}: the TelemetryStack is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  const [settings] = stackSettings([stack as unknown as KubeObject]);
  if (settings === undefined) throw new Error(`${name}: the TelemetryStack is being deleted`);
  return settings.config;
}

function textOf(file: string, name: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Error(`${name}: can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Everything that the API server would refuse by the CRD, and fields that it would drop without a word. */
function stackFaults(stack: Fields): readonly string[] {
  const text = { type: 'string', minLength: 1 };
  const schema = {
    type: 'object',
    required: ['apiVersion', 'metadata'],
    properties: {
      apiVersion: { const: TELEMETRY_STACK.apiVersion },
      metadata: { type: 'object', required: ['name'], properties: { name: text, namespace: text } },
      spec: closedSchema(stackSpecSchema()),
    },
  };
  const validate = new Ajv({ allErrors: true, strict: false, verbose: true, formats: { int32: true, int64: true } }).compile(schema);
  if (validate(stack)) return [];
  return (validate.errors ?? []).map(({ instancePath, keyword, params, data, message }) => {
    const at = instancePath.slice(1).replaceAll('/', '.') || '(top)';
    if (keyword === 'additionalProperties') return `${at}: unknown field "${String(params['additionalProperty'])}"`;
    if (keyword === 'required') return `${at}: ${message ?? 'a field is missing'}`;
    const allowed: unknown = keyword === 'enum' ? params['allowedValues'] : undefined;
    const expected = Array.isArray(allowed) ? `expected one of ${allowed.join(', ')}` : (message ?? 'not valid');
    return `${at}: is ${JSON.stringify(data)}, ${expected}`;
  });
}
