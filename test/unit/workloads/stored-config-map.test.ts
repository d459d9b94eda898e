import { describe, expect, it } from '@jest/globals';
import { STACK_LABEL } from '../../../api/names.ts';
import { FILES_LABEL } from '../../../src/inject/change/config-map.ts';
import { storedConfigMap } from '../../../src/workloads/stored-config-map.ts';

describe('what the operator remembers of a ConfigMap', () => {
  const configMap = (labels: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '7', labels, annotations: { long: 'x' } },
    data: { 'pricing.json': '{}' },
  });

  it('is that a copy of files is there, and whose it is, but not its text', () => {
    const labels = { [FILES_LABEL]: 'duotel-pricing' };
    expect(storedConfigMap(configMap(labels))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '7', labels },
    });
  });

  it('is all of a part of a stack, whose drift it looks for', () => {
    const part = configMap({ [STACK_LABEL]: 'duotel' });
    expect(storedConfigMap(part)).toBe(part);
  });
});
