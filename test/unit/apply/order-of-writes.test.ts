import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { dependencies } from '../../../src/apply/dependencies.ts';
import { compareForApply, inWaves } from '../../../src/apply/order.ts';
import { kubeObject } from '../../support/objects/kube-object.ts';

describe('the order of writes', () => {
  it('is what others need first, webhooks last, whatever the order of the input', () => {
    const kinds = [
      'ValidatingWebhookConfiguration',
      'Thing',
      'StatefulSet',
      'Service',
      'RoleBinding',
      'ConfigMap',
      'ServiceAccount',
      'Namespace',
    ];
    const sorted = kinds.map((kind) => kubeObject(kind)).sort(compareForApply);
    expect(sorted.map(({ kind }) => kind)).toEqual([...kinds].reverse());
    expect(inWaves([...sorted].reverse(), ({ kind }) => kind).map((wave) => wave.map(({ kind }) => kind))[2]).toEqual([
      'RoleBinding',
      'ConfigMap',
    ]);
  });

  it('has webhooks come after every other kind, known or not', () => {
    const kinds = ['ValidatingWebhookConfiguration', 'APIService', 'Zebra', 'Pod'];
    expect(inWaves(kinds, (kind) => kind)).toEqual([['Pod'], ['Zebra'], ['ValidatingWebhookConfiguration', 'APIService']]);
  });

  it('has a workload wait for what its pods name, but for what is optional', () => {
    const set = ['a', 'b', 'c', 'd', 'e'].map((name) => kubeObject('ConfigMap', {}, { name }));
    const pod = {
      serviceAccountName: 'x',
      volumes: [
        { name: '1', configMap: { name: 'a' } },
        { name: '2', projected: { sources: [{ configMap: { name: 'b' } }] } },
        { name: '3', configMap: { name: 'e', optional: true } },
      ],
      containers: [{ envFrom: [{ configMapRef: { name: 'c' } }], env: [{ valueFrom: { configMapKeyRef: { name: 'd', key: 'k' } } }] }],
    };
    const workload = kubeObject('Deployment', { spec: { template: { spec: pod } } });
    const elsewhere = kubeObject('ConfigMap', {}, { name: 'a', namespace: 'other' });
    expect([...dependencies(workload, [...set, elsewhere, kubeObject('ServiceAccount')])].sort()).toEqual([
      '/ConfigMap/ns/a',
      '/ConfigMap/ns/b',
      '/ConfigMap/ns/c',
      '/ConfigMap/ns/d',
      '/ServiceAccount/ns/x',
    ]);
  });
});

describe('what an object needs', () => {
  const pod = { serviceAccountName: 'x', containers: [{ envFrom: [{ secretRef: { name: 'x' } }] }] };
  const claimed = { volumes: [{ persistentVolumeClaim: { claimName: 'x' } }, { secret: { secretName: 'x' } }] };
  const role = { ...kubeObject('Role'), apiVersion: 'rbac.authorization.k8s.io/v1' };
  const clusterRole = { ...role, kind: 'ClusterRole', metadata: { name: 'x' } };
  const crd = (group: string, kind: string): KubeObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind}.${group}` },
    spec: { group, names: { kind } },
  });
  const set = [
    kubeObject('ServiceAccount'),
    kubeObject('Secret'),
    kubeObject('PersistentVolumeClaim'),
    kubeObject('Service'),
    role,
    clusterRole,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    crd('example.com', 'Thing'),
    crd('example.com', 'Other'),
    crd('example.org', 'Thing'),
  ];
  const inNamespace = ['/Namespace//ns'];

  it.each<[string, KubeObject, readonly string[]]>([
    ['a Pod', kubeObject('Pod', { spec: pod }), ['/Secret/ns/x', '/ServiceAccount/ns/x']],
    ['a Pod with volumes', kubeObject('Pod', { spec: claimed }), ['/PersistentVolumeClaim/ns/x', '/Secret/ns/x']],
    [
      'a CronJob',
      kubeObject('CronJob', { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }),
      ['/Secret/ns/x', '/ServiceAccount/ns/x'],
    ],
    ['a StatefulSet', kubeObject('StatefulSet', { spec: { serviceName: 'x' } }), ['/Service/ns/x']],
    ['a RoleBinding', kubeObject('RoleBinding', { roleRef: { kind: 'Role', name: 'x' } }), ['rbac.authorization.k8s.io/Role/ns/x']],
    [
      'a binding to a ClusterRole',
      kubeObject('RoleBinding', { roleRef: { kind: 'ClusterRole', name: 'x' } }),
      ['rbac.authorization.k8s.io/ClusterRole//x'],
    ],
    [
      'a custom object',
      { ...kubeObject('Thing'), apiVersion: 'example.com/v1' },
      ['apiextensions.k8s.io/CustomResourceDefinition//Thing.example.com'],
    ],
    ['an object that names nothing', kubeObject('ConfigMap', { data: { serviceAccountName: 'x' } }), []],
  ])('to be there is found for %s', (_, subject, needs) => {
    expect([...dependencies(subject, set)].sort()).toEqual([...inNamespace, ...needs].sort());
  });
});
