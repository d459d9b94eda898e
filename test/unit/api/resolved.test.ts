import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RENAMED, WITHOUT_DEFAULT } from '../../../api/resolved.ts';
import type { Schema } from '../../../api/schema.ts';
import { stackSpecSchema } from '../../../api/stack-spec-schema.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';

interface Field {
  readonly name: string;
  readonly within: string;
  readonly hasDefault: boolean;
}

/** Fields that may be left out. */
function optionalFields(schema: Schema & { readonly required?: readonly string[] }, within = ''): readonly Field[] {
  if (schema.items !== undefined) return optionalFields(schema.items, within);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const own = schema.required?.includes(name) ? [] : [{ name, within, hasDefault: property.default !== undefined }];
    return [...own, ...optionalFields(property, name)];
  });
}

describe('the types of resolved settings', () => {
  const fields = optionalFields(stackSpecSchema());

  it('have as optional just the fields that have no default in the CRD, nor one of the release', () => {
    const { collector, jaeger, prometheus, grafana } = resolveStackSpec();
    for (const { image } of [collector, jaeger, prometheus, grafana]) expect(image).toContain('@sha256:');
    const defaulted = new Set(fields.filter(({ hasDefault }) => hasDefault).map(({ name }) => name));
    const open = fields.filter(({ name, hasDefault }) => !hasDefault && name !== 'image');
    const names = open.map(({ name, within }) => (defaulted.has(name) ? `${within}.${name}` : name));
    expect(open.length).toBeGreaterThan(100);
    expect([...new Set(names)].sort()).toEqual([...WITHOUT_DEFAULT]);
  });

  it('have the names that JSON has', () => {
    const pairs = readFileSync('imports/duotel.io.ts', 'utf8').matchAll(/^ {4}'(\w+)': .*?\bobj\.(\w+)/gm);
    const renamed = [...pairs].filter(([, json, name]) => json !== name).map(([, json, name]) => [name, json]);
    expect(Object.fromEntries(renamed)).toEqual(RENAMED);
  });
});
