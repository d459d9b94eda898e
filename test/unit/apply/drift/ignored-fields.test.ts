import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { withIgnored } from '../../../../src/apply/drift/ignore.ts';
import { kubeObject } from '../../../support/objects/kube-object.ts';

describe('an ignored field', () => {
  const rules = [{ kind: 'Deployment', path: '/spec/containers/name=b/image' }];
  const desired = kubeObject('Deployment', {
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
    },
  });
  const live = kubeObject('Deployment', {
    spec: {
      containers: [
        { name: 'b', image: '9' },
        { name: 'a', image: '9' },
      ],
    },
  });

  it('is as it is live, in the item of the list that the path names', () => {
    expect(withIgnored(desired, live, rules)['spec']).toEqual({
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '9' },
      ],
    });
  });

  it('is left out where it is not live, and the rest of the object is untouched for other kinds and names', () => {
    const without = kubeObject('Deployment', { spec: { containers: [{ name: 'b' }] } });
    expect(withIgnored(desired, without, rules)['spec']).toEqual({ containers: [{ name: 'a', image: '1' }, { name: 'b' }] });
    expect(withIgnored(desired, live, [{ kind: 'Deployment', name: 'other', path: '/spec' }])).toBe(desired);
  });
});

describe('an ignored field that the desired object does not have', () => {
  const rules = [{ kind: 'Deployment', path: '/spec/replicas' }];
  const desired = kubeObject('Deployment', { spec: { paused: false } });
  const holding = (manager: string, operation: string): KubeObject =>
    kubeObject(
      'Deployment',
      { spec: { replicas: 3 } },
      { managedFields: [{ manager, operation, fieldsV1: { 'f:spec': { 'f:replicas': {} } } }] },
    );

  it('is sent as it is live where it is ours, since leaving it out would remove it', () => {
    expect(withIgnored(desired, holding('duotel', 'Apply'), rules)['spec']).toEqual({ paused: false, replicas: 3 });
  });

  it('is not made ours where somebody else has set it', () => {
    for (const operation of ['Apply', 'Update']) expect(withIgnored(desired, holding('hpa', operation), rules)).toEqual(desired);
  });
});

describe('an ignored field that the desired object has', () => {
  const rules = [{ kind: 'Deployment', path: '/spec/replicas' }];
  const desired = kubeObject('Deployment', { spec: { replicas: 1, paused: false } });
  const sent = (...managedFields: readonly object[]): unknown =>
    withIgnored(desired, kubeObject('Deployment', { spec: { replicas: 3 } }, { managedFields }), rules)['spec'];
  const entry = (manager: string, operation: string, more: object = {}): object => ({
    manager,
    operation,
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    ...more,
  });

  it('is left to whoever applies it, and sent as it is live beside anybody else', () => {
    expect(sent(entry('flux', 'Apply'))).toEqual({ paused: false });
    expect(sent(entry('hpa', 'Update'), entry('duotel', 'Apply'))).toEqual({ replicas: 3, paused: false });
    expect(
      withIgnored(desired, kubeObject('Deployment', { spec: { replicas: 3 } }, { managedFields: [entry('flux', 'Apply')] }), [
        { kind: 'Deployment', path: '/spec' },
      ]),
    ).not.toHaveProperty('spec');
    expect(sent(entry('flux', 'Apply', { subresource: 'status' }))).toEqual({ replicas: 3, paused: false });
  });
});

describe('an ignored item of a list', () => {
  const args = (...items: readonly string[]): object => ({ spec: { args: items } });
  const held = (fields: object): KubeObject =>
    kubeObject('Thing', args('live', 'b'), {
      managedFields: [{ manager: 'flux', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:args': fields } } }],
    });
  const rules = [{ kind: 'Thing', path: '/spec/args/0' }];

  it('is held by whoever applies the list as a whole, and by nobody who applies other items', () => {
    expect(withIgnored(kubeObject('Thing', args('ours', 'b')), held({}), rules)['spec']).toEqual({ args: ['b'] });
    expect(withIgnored(kubeObject('Thing', args('ours', 'b')), held({ 'v:"b"': {} }), rules)['spec']).toEqual({ args: ['live', 'b'] });
  });
});
