import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { foreignOwner } from '../../../src/apply/adoption.ts';
import { dependencies } from '../../../src/apply/dependencies.ts';
import { withIgnored } from '../../../src/apply/drift/ignore.ts';
import { normalForm } from '../../../src/apply/drift/normal-form.ts';
import { sameQuantity } from '../../../src/apply/drift/quantity.ts';
import { isImmutableError } from '../../../src/apply/immutable.ts';
import { ApplyMemory } from '../../../src/apply/memory.ts';
import { compareForApply, inWaves } from '../../../src/apply/order.ts';
import { decide } from '../../../src/apply/plan.ts';
import { DEFAULT_POLICIES, type Policies } from '../../../src/apply/policies.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { stackPolicies } from '../../../src/stacks/policies.ts';

const object = (kind: string, fields: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'ns', ...metadata },
  ...fields,
});

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
    const sorted = kinds.map((kind) => object(kind)).sort(compareForApply);
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
    const set = ['a', 'b', 'c', 'd', 'e'].map((name) => object('ConfigMap', {}, { name }));
    const pod = {
      serviceAccountName: 'x',
      volumes: [
        { name: '1', configMap: { name: 'a' } },
        { name: '2', projected: { sources: [{ configMap: { name: 'b' } }] } },
        { name: '3', configMap: { name: 'e', optional: true } },
      ],
      containers: [{ envFrom: [{ configMapRef: { name: 'c' } }], env: [{ valueFrom: { configMapKeyRef: { name: 'd', key: 'k' } } }] }],
    };
    const workload = object('Deployment', { spec: { template: { spec: pod } } });
    const elsewhere = object('ConfigMap', {}, { name: 'a', namespace: 'other' });
    expect([...dependencies(workload, [...set, elsewhere, object('ServiceAccount')])].sort()).toEqual([
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
  const role = { ...object('Role'), apiVersion: 'rbac.authorization.k8s.io/v1' };
  const clusterRole = { ...role, kind: 'ClusterRole', metadata: { name: 'x' } };
  const crd = (group: string, kind: string): KubeObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind}.${group}` },
    spec: { group, names: { kind } },
  });
  const set = [
    object('ServiceAccount'),
    object('Secret'),
    object('PersistentVolumeClaim'),
    object('Service'),
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
    ['a Pod', object('Pod', { spec: pod }), ['/Secret/ns/x', '/ServiceAccount/ns/x']],
    ['a Pod with volumes', object('Pod', { spec: claimed }), ['/PersistentVolumeClaim/ns/x', '/Secret/ns/x']],
    [
      'a CronJob',
      object('CronJob', { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }),
      ['/Secret/ns/x', '/ServiceAccount/ns/x'],
    ],
    ['a StatefulSet', object('StatefulSet', { spec: { serviceName: 'x' } }), ['/Service/ns/x']],
    ['a RoleBinding', object('RoleBinding', { roleRef: { kind: 'Role', name: 'x' } }), ['rbac.authorization.k8s.io/Role/ns/x']],
    [
      'a binding to a ClusterRole',
      object('RoleBinding', { roleRef: { kind: 'ClusterRole', name: 'x' } }),
      ['rbac.authorization.k8s.io/ClusterRole//x'],
    ],
    [
      'a custom object',
      { ...object('Thing'), apiVersion: 'example.com/v1' },
      ['apiextensions.k8s.io/CustomResourceDefinition//Thing.example.com'],
    ],
    ['an object that names nothing', object('ConfigMap', { data: { serviceAccountName: 'x' } }), []],
  ])('to be there is found for %s', (_, subject, needs) => {
    expect([...dependencies(subject, set)].sort()).toEqual([...inNamespace, ...needs].sort());
  });
});

describe('the normal form', () => {
  it('has no empty lists, keeps empty objects, and encodes what a Secret says in plain text', () => {
    const policy = {
      ...object('NetworkPolicy', { spec: { podSelector: {}, ingress: [], egress: [{ to: [] }] } }),
      apiVersion: 'networking.k8s.io/v1',
    };
    expect(normalForm(policy)['spec']).toEqual({ podSelector: {}, egress: [{}] });
    expect(normalForm(object('Secret', { stringData: { a: 'b' }, data: { c: 'ZA==' } }))).toMatchObject({ data: { a: 'Yg==', c: 'ZA==' } });
  });

  it('leaves objects of others’ kinds as they are, where an empty list may mean something', () => {
    const custom = { ...object('Thing', { spec: { list: [] } }), apiVersion: 'example.com/v1' };
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

describe('an ignored field', () => {
  const rules = [{ kind: 'Deployment', path: '/spec/containers/name=b/image' }];
  const desired = object('Deployment', {
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
    },
  });
  const live = object('Deployment', {
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
    const without = object('Deployment', { spec: { containers: [{ name: 'b' }] } });
    expect(withIgnored(desired, without, rules)['spec']).toEqual({ containers: [{ name: 'a', image: '1' }, { name: 'b' }] });
    expect(withIgnored(desired, live, [{ kind: 'Deployment', name: 'other', path: '/spec' }])).toBe(desired);
  });
});

describe('an ignored field that the desired object does not have', () => {
  const rules = [{ kind: 'Deployment', path: '/spec/replicas' }];
  const desired = object('Deployment', { spec: { paused: false } });
  const holding = (manager: string, operation: string): KubeObject =>
    object(
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
  const desired = object('Deployment', { spec: { replicas: 1, paused: false } });
  const sent = (...managedFields: readonly object[]): unknown =>
    withIgnored(desired, object('Deployment', { spec: { replicas: 3 } }, { managedFields }), rules)['spec'];
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
      withIgnored(desired, object('Deployment', { spec: { replicas: 3 } }, { managedFields: [entry('flux', 'Apply')] }), [
        { kind: 'Deployment', path: '/spec' },
      ]),
    ).not.toHaveProperty('spec');
    expect(sent(entry('flux', 'Apply', { subresource: 'status' }))).toEqual({ replicas: 3, paused: false });
  });
});

describe('an ignored item of a list', () => {
  const args = (...items: readonly string[]): object => ({ spec: { args: items } });
  const held = (fields: object): KubeObject =>
    object('Thing', args('live', 'b'), {
      managedFields: [{ manager: 'flux', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:args': fields } } }],
    });
  const rules = [{ kind: 'Thing', path: '/spec/args/0' }];

  it('is held by whoever applies the list as a whole, and by nobody who applies other items', () => {
    expect(withIgnored(object('Thing', args('ours', 'b')), held({}), rules)['spec']).toEqual({ args: ['b'] });
    expect(withIgnored(object('Thing', args('ours', 'b')), held({ 'v:"b"': {} }), rules)['spec']).toEqual({ args: ['live', 'b'] });
  });
});

describe('an error', () => {
  const error = (causes: readonly object[], message = 'invalid', status = 422, reason = 'Invalid'): KubeApiError =>
    new KubeApiError(message, { status, reason, message, causes });
  const immutable = { field: 'spec.x', reason: 'FieldValueInvalid', message: 'Invalid value: "a": field is immutable' };

  it('is of an immutable field only when each of its causes says so', () => {
    expect(isImmutableError(error([immutable]))).toBe(true);
    expect(isImmutableError(error([immutable, { field: 'spec.y', reason: 'FieldValueInvalid', message: 'must be positive' }]))).toBe(false);
    expect(isImmutableError(error([]))).toBe(false);
    expect(isImmutableError(error([{ message: 'field is immutable' }]))).toBe(false);
    expect(isImmutableError(error([immutable], 'admission webhook "x" denied the request: field is immutable'))).toBe(false);
    expect(isImmutableError(error([immutable], 'conflict', 409, 'Conflict'))).toBe(false);
  });
});

describe('the owner of a live object', () => {
  const owner = { label: 'set', value: 'mine' };
  const desired = object('ConfigMap', {}, { labels: { set: 'mine', 'app.kubernetes.io/managed-by': 'duotel' } });
  const why = (metadata: object, adoption: Policies['adoption'] = 'AdoptIfUnowned', uid?: string): string | undefined => {
    const entry = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'x', ...(uid !== undefined && { uid }) };
    const inventory = new Map(uid === undefined ? [] : [['/ConfigMap/ns/x', entry]]);
    return foreignOwner(desired, object('ConfigMap', {}, metadata), inventory, { adoption, owner });
  };
  const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
  const controlled = { ownerReferences: [{ apiVersion: 'v1', kind: 'Thing', name: 'boss', uid: '1', controller: true }] };

  it('is us by our label, and by an inventory that names its UID', () => {
    expect(why({ labels: { set: 'mine' } }, 'MustMatch')).toBeUndefined();
    expect(why({ ...helm, uid: '7' }, 'MustMatch', '7')).toBeUndefined();
    expect(why({ uid: '8' }, 'MustMatch', '7')).toContain('MustMatch');
  });

  it('is another set, a controller or a tool, and nobody else', () => {
    expect(why({ labels: { set: 'other' } }, 'AdoptAll')).toContain('set is other');
    expect(why(controlled, 'AdoptAll')).toContain('Thing/boss');
    expect(why(helm)).toContain('Helm');
    expect(why(helm, 'AdoptAll')).toBeUndefined();
    expect(why({})).toBeUndefined();
  });
});

describe('an object that others change back', () => {
  const desired = object('ConfigMap', { data: { a: 'ours' } });
  const theirs = object('ConfigMap', { data: { a: 'theirs' } });

  it('is repaired at once a few times, then less and less often, and at once again after a quiet time', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const writes: number[] = [];
    const pass = (): void => {
      const action = decide(desired, theirs, new Map(), DEFAULT_POLICIES, memory);
      if (action.type !== 'update') return;
      writes.push(now);
      memory.learn([{ action, outcome: 'updated', object: desired }], []);
    };
    for (; now < 600_000; now += 100) pass();
    // The first write, five repairs, then after 1, 2, 4 ... 256 seconds; the next would be 300 s later.
    expect(writes.length).toBe(1 + 5 + 9);
    expect(memory.contest(desired)?.message).toContain('somebody sets data.a again and again');
    now += 2_000_000;
    expect(memory.contest(desired)).toBeUndefined();
    pass();
    pass();
    expect(writes.length).toBe(1 + 5 + 9 + 2);
  });

  it('is looked at again when it may be written, and after that when it has been quiet for long', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const action = decide(desired, theirs, new Map(), DEFAULT_POLICIES);
    const write = (): void => memory.learn([{ action, outcome: 'updated', object: desired }], []);
    for (let first = 0; first < 5; first += 1) write();
    expect(memory.contest(desired)).toBeUndefined();
    write();
    write();
    expect([memory.pause(desired), memory.contest(desired)?.ms]).toEqual([2000, 2000]);
    now = 2500;
    expect([memory.pause(desired), memory.contest(desired)?.ms]).toEqual([0, 57_500]);
    now = 60_001;
    expect(memory.contest(desired)).toBeUndefined();
  });

  it('or delete it, is made again in the same rhythm, and the problem says that it is deleted', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const types = new Set<string>();
    let writes = 0;
    for (; now < 600_000; now += 100) {
      const action = decide(desired, undefined, new Map(), DEFAULT_POLICIES, memory);
      types.add(action.type);
      if (action.type !== 'create') continue;
      writes += 1;
      memory.learn([{ action, outcome: 'created', object: desired }], []);
    }
    expect(writes).toBe(1 + 5 + 9);
    expect([...types].sort()).toEqual(['create', 'pause']);
    expect(memory.contest(desired)?.message).toContain('somebody deletes it again and again');
    memory.forget(['/ConfigMap/ns/x']);
    expect(decide(desired, undefined, new Map(), DEFAULT_POLICIES, memory).type).toBe('create');
  });
});

describe('a stack that lost half of its objects or more', () => {
  const share = (lastAppliedGeneration: number, annotations: Record<string, string> = {}): number | undefined =>
    stackPolicies(
      { ...object('TelemetryStack', { status: { lastAppliedGeneration } }), metadata: { name: 'x', generation: 3, annotations } },
      resolveStackSpec(),
    ).pruneShare;

  it('is a fault of the render when its spec has not changed, unless somebody confirms that very generation', () => {
    expect(share(3)).toBe(0.5);
    expect(share(2)).toBe(1);
    expect(share(3, { 'duotel.io/confirm-prune': '3' })).toBe(1);
    expect(share(3, { 'duotel.io/confirm-prune': '2' })).toBe(0.5);
  });
});
