import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { allows, type Endpoint } from '../../support/stacks/network-policy.ts';

const pod = (name: string, namespace = 'a'): Endpoint => ({
  name,
  pod: { namespace, labels: { app: name }, namespaceLabels: { name: namespace } },
});
const OUTSIDE: Endpoint = { name: 'outside' };
const policy = (spec: object, namespace = 'a'): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'x', namespace },
  spec,
});
const web = { podSelector: { matchLabels: { app: 'web' } } };

/** The judge of the other tests, against what the documentation of NetworkPolicy says. */
describe('the rules of the API', () => {
  it('leave pods open that no policy of their namespace selects', () => {
    expect(allows([], OUTSIDE, pod('web'), 80)).toBe(true);
    expect(allows([policy(web, 'b'), policy({ podSelector: { matchLabels: { app: 'db' } } })], pod('x'), pod('web'), 80)).toBe(true);
  });

  it('close a selected pod in the directions of its policy', () => {
    const closed = [policy(web)];
    expect(allows(closed, pod('x'), pod('web'), 80)).toBe(false);
    expect(allows(closed, pod('web'), pod('x'), 80)).toBe(true);
    expect(allows([policy({ ...web, policyTypes: ['Egress'] })], pod('web'), pod('x'), 80)).toBe(false);
  });

  it('add policies up', () => {
    const rule = (app: string) =>
      policy({ ...web, ingress: [{ from: [{ podSelector: { matchLabels: { app } } }], ports: [{ port: 80 }] }] });
    const both = [rule('x'), rule('y')];
    expect([pod('x'), pod('y'), pod('z'), pod('x', 'b')].map((from) => allows(both, from, pod('web'), 80))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(allows(both, pod('x'), pod('web'), 81)).toBe(false);
    expect(allows(both, pod('x'), pod('web'), 80, 'UDP')).toBe(false);
  });

  it('take a namespace selector and a pod selector of one peer together, and hosts that are no pods for none', () => {
    const peer = {
      namespaceSelector: { matchExpressions: [{ key: 'name', operator: 'In', values: ['b'] }] },
      podSelector: { matchLabels: { app: 'x' } },
    };
    const rules = [policy({ ...web, ingress: [{ from: [peer] }] })];
    expect([pod('x', 'b'), pod('y', 'b'), pod('x'), OUTSIDE].map((from) => allows(rules, from, pod('web'), 80))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(allows([policy({ ...web, ingress: [{ ports: [{ port: 80, endPort: 90 }] }] })], OUTSIDE, pod('web'), 85)).toBe(true);
  });
});
