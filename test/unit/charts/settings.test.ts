import { describe, expect, it } from '@jest/globals';
import { telemetryStackCrd } from '../../../api/telemetry-stack-crd.ts';
import { parseSettings } from '../../../charts/settings.ts';
import { walk } from '../../support/assertions/walk.ts';
import { REFUSED_SPECS } from '../../support/stacks/refused-specs.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';

const specSchema = (): unknown => {
  const crd = telemetryStackCrd() as { spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: object } } } }[] } };
  return crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec;
};

const refused = (text: string): string => {
  try {
    parseSettings(text, 'duotel.yaml');
  } catch (error) {
    return String(error);
  }
  return 'accepted';
};

describe('settings', () => {
  it('may be empty', () => {
    expect(parseSettings('', 'duotel.yaml')).toEqual({ operator: {}, stack: {} });
  });

  it('hold the spec of the stack as it is', () => {
    const text = 'stack:\n  collector: {resources: {limits: {memory: 2Gi}}}\n';
    expect(parseSettings(text, 'duotel.yaml').stack).toEqual({ collector: { resources: { limits: { memory: '2Gi' } } } });
  });

  it('are refused with the place and the known names when a field is misspelt', () => {
    expect(refused('stack: {colector: {}}')).toContain('stack: unknown field "colector", expected one of suspend, ');
  });

  it('are refused with the allowed values when a value is none of them', () => {
    expect(refused('stack: {jaeger: {storage: {type: memory}}}')).toContain(
      'stack.jaeger.storage.type: is "memory", expected one of persistent, ephemeral',
    );
  });

  it('that are not YAML are refused with the file name', () => {
    expect(refused('stack: {')).toContain('duotel.yaml is not valid YAML');
  });

  it.each(REFUSED_SPECS)('are refused where the API server refuses them, in its words: %s', (_, stack, words) => {
    expect(refused(JSON.stringify({ stack }))).toContain(words);
  });

  it.each(Object.entries(STACK_INPUTS))('are taken where the API server takes them: %s', (_, stack) => {
    expect(refused(JSON.stringify({ stack }))).toBe('accepted');
  });

  it('say where in the stack a rule is broken', () => {
    expect(refused('stack: {jaeger: {tolerations: [{key: a}, {value: b}]}}')).toContain(
      '  stack.jaeger.tolerations.1: operator Equal needs key',
    );
  });

  it('are refused for each rule of the CRD by a case of these', () => {
    const said = REFUSED_SPECS.map(([, stack]) => refused(JSON.stringify({ stack })));
    const messages = [...walk(specSchema())].flatMap(([path, value]) => (/validations\[\d+\]\.message$/.test(path) ? [String(value)] : []));
    expect(messages.length).toBeGreaterThan(25);
    expect([...new Set(messages)].filter((message) => !said.some((text) => text.includes(message)))).toEqual([]);
  });

  it('are refused with the file name', () => {
    expect(refused('operator: {image: 3}')).toContain('duotel.yaml is not valid');
  });
});
