import { describe, expect, it } from '@jest/globals';
import { parseSettings } from '../../../charts/settings.ts';

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

  it('are refused with the file name', () => {
    expect(refused('operator: {image: 3}')).toContain('duotel.yaml is not valid');
  });
});
