import { describe, expect, it } from '@jest/globals';
import { normalForm } from '../../../../src/apply/drift/normal-form.ts';
import { sameQuantity } from '../../../../src/apply/drift/quantity.ts';
import { kubeObject } from '../../../support/objects/kube-object.ts';

describe('the normal form', () => {
  it('has no empty lists, keeps empty objects, and encodes what a Secret says in plain text', () => {
    const policy = {
      ...kubeObject('NetworkPolicy', { spec: { podSelector: {}, ingress: [], egress: [{ to: [] }] } }),
      apiVersion: 'networking.k8s.io/v1',
    };
    expect(normalForm(policy)['spec']).toEqual({ podSelector: {}, egress: [{}] });
    expect(normalForm(kubeObject('Secret', { stringData: { a: 'b' }, data: { c: 'ZA==' } }))).toMatchObject({
      data: { a: 'Yg==', c: 'ZA==' },
    });
  });

  it('leaves objects of others’ kinds as they are, where an empty list may mean something', () => {
    const custom = { ...kubeObject('Thing', { spec: { list: [] } }), apiVersion: 'example.com/v1' };
    expect(normalForm(custom)).toBe(custom);
  });

  it('is one for two notations of a quantity, where a quantity is', () => {
    expect(sameQuantity('spec.resources.limits.cpu', '1000m', '1')).toBe(true);
    expect(sameQuantity('spec.resources.limits.memory', '1Gi', '1024Mi')).toBe(true);
    expect(sameQuantity('spec.resources.limits.memory', '1G', '1Gi')).toBe(false);
    expect(sameQuantity('spec.resources.limits.cpu', 1, '1000m')).toBe(true);
    expect(sameQuantity('spec.resources.limits.cpu', '1e3', '1k')).toBe(true);
    for (const none of ['', 'x', '1x', '1.2.3', undefined, null, {}, true]) {
      expect(sameQuantity('spec.resources.limits.cpu', none, '1')).toBe(false);
      expect(sameQuantity('spec.resources.limits.cpu', '0', none)).toBe(false);
    }
    expect(sameQuantity('data.text', '1000m', '1')).toBe(false);
  });
});
