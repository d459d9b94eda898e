import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { must } from '../support/cluster/installation.ts';
import { AppliedSet, member, messages, outcomes, workload } from '../support/cluster/sets.ts';
import { useSets } from '../support/cluster/use-sets.ts';

const sets = useSets();
const { cluster } = sets;

const KINDS = {
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', name: 'n' },
  Deployment: { apiVersion: 'apps/v1', name: 'w' },
  Service: { apiVersion: 'v1', name: 's' },
  ConfigMap: { apiVersion: 'v1', name: 'c' },
} as const;
type Kind = keyof typeof KINDS;
const add = (path: string, value: unknown): object => ({ op: 'add', path, value });

/** As somebody else. */
async function change(namespace: string, kind: Kind, ...operations: readonly object[]): Promise<void> {
  const { apiVersion, name } = KINDS[kind];
  const type = await sets.api.resourceType(apiVersion, kind);
  await sets.api.patch(type, { name, namespace }, 'application/json-patch+json', operations, { fieldManager: 'somebody' });
}

async function spec(namespace: string, kind: Kind): Promise<unknown> {
  const { apiVersion, name } = KINDS[kind];
  const live = await sets.api.get(await sets.api.resourceType(apiVersion, kind), { name, namespace });
  return live?.['spec'] ?? live?.['data'];
}

/** One object of each kind, with lists of every sort; a part of them as people write them, without what the API server adds. */
function objects(ns: string): readonly KubeObject[] {
  const pod = {
    initContainers: [
      { name: 'first', image: 'app:1' },
      { name: 'second', image: 'app:1' },
    ],
    containers: [
      {
        name: 'app',
        image: 'app:1',
        args: ['a', 'b'],
        env: [{ name: 'A', value: '1' }],
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
      },
    ],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    nodeSelector: { disk: 'ssd' },
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
  const template = { metadata: { labels: { app: 'w' } }, spec: pod };
  const rule = { from: [{ podSelector: { matchLabels: { app: 'a' } } }], ports: [{ port: 4317, protocol: 'TCP' }] };
  const policy = {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [rule],
    egress: [{ ports: [{ port: 53 }, { port: 53, protocol: 'UDP' }] }],
  };
  return [
    member(ns, 'ConfigMap', 'c', { data: { text: '1000m' } }),
    member(ns, 'Service', 's', { spec: { selector: { app: 'w' }, ports: [{ name: 'http', port: 80 }] } }),
    member(ns, 'NetworkPolicy', 'n', { spec: policy }, 'networking.k8s.io/v1'),
    workload(ns, 'Deployment', 'w', { spec: { replicas: undefined, template } }),
  ].map((object) => JSON.parse(JSON.stringify(object)) as KubeObject);
}

const POD = '/spec/template/spec';

describe('what somebody changes in a field, or in a list that is one value, of ours', () => {
  it.each<[string, Kind, readonly object[]]>([
    ['port 22 in a rule for ingress', 'NetworkPolicy', [add('/spec/ingress/0/ports/-', { port: 22, protocol: 'TCP' })]],
    ['port 443 in the rule for DNS', 'NetworkPolicy', [add('/spec/egress/0/ports/-', { port: 443, protocol: 'TCP' })]],
    ['every namespace beside a selection of pods', 'NetworkPolicy', [add('/spec/ingress/0/from/0/namespaceSelector', {})]],
    ['one more rule', 'NetworkPolicy', [add('/spec/ingress/-', {})]],
    ['a range of ports', 'NetworkPolicy', [add('/spec/egress/0/ports/0/endPort', 60)]],
    ['a toleration', 'Deployment', [add(`${POD}/tolerations/-`, { key: 'b', operator: 'Exists' })]],
    ['a label of the nodes', 'Deployment', [add(`${POD}/nodeSelector/zone`, 'a')]],
    ['init containers in another order', 'Deployment', [{ op: 'move', from: `${POD}/initContainers/1`, path: `${POD}/initContainers/0` }]],
    ['an argument', 'Deployment', [add(`${POD}/containers/0/args/-`, 'c')]],
    ['arguments in another order', 'Deployment', [{ op: 'move', from: `${POD}/containers/0/args/1`, path: `${POD}/containers/0/args/0` }]],
    ['a variable that is set a second time', 'Deployment', [add(`${POD}/containers/0/env/-`, { name: 'A', value: '2' })]],
    ['a label in the selector of a Service', 'Service', [add('/spec/selector/more', 'b')]],
    ['a text that would be the same as a quantity', 'ConfigMap', [add('/data/text', '1')]],
  ])('is set back: %s', async (_, kind, operations) => {
    const ns = await sets.newNamespace();
    const set = new AppliedSet(sets.api, ns);
    expect(messages(await set.apply(objects(ns)))).toBe('');
    const before = await spec(ns, kind);
    for (const process of [set, new AppliedSet(sets.api, ns)]) {
      process.inventory = set.inventory;
      await change(ns, kind, ...operations);
      const done = await process.apply(objects(ns));
      expect([messages(done), outcomes(done).filter((one) => !one.startsWith('unchanged'))]).toEqual([
        '',
        [`updated ${kind}/${KINDS[kind].name}`],
      ]);
      expect(await spec(ns, kind)).toEqual(before);
    }
  });

  it('is there again, beside what it has become, where it is an item’s key that we leave to its default', async () => {
    const ns = await sets.newNamespace();
    const set = new AppliedSet(sets.api, ns);
    await set.apply(objects(ns));
    await change(ns, 'Deployment', add(`${POD}/containers/0/ports/0/protocol`, 'UDP'));
    expect(outcomes(await set.apply(objects(ns)))).toContain('updated Deployment/w');
    expect(JSON.stringify(await spec(ns, 'Deployment'))).toMatch(/"ports":\[[^\]]*\{"containerPort":80,"protocol":"TCP"\}/);
    expect(outcomes(await set.apply(objects(ns)))).toContain('unchanged Deployment/w');
  });

  it('is set back where we render an empty list', async () => {
    const ns = await sets.newNamespace();
    const closed = member(
      ns,
      'NetworkPolicy',
      'n',
      { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [] } },
      'networking.k8s.io/v1',
    );
    const set = new AppliedSet(sets.api, ns);
    await set.apply([closed]);
    await change(ns, 'NetworkPolicy', add('/spec/ingress', [{}]));
    expect(outcomes(await set.apply([closed]))).toEqual(['updated NetworkPolicy/n']);
    expect(await spec(ns, 'NetworkPolicy')).toEqual({ podSelector: {}, policyTypes: ['Ingress'] });
    expect(outcomes(await set.apply([closed]))).toEqual(['unchanged NetworkPolicy/n']);
  });
});

describe('what somebody adds beside what is ours', () => {
  it.each<[string, Kind, readonly object[]]>([
    ['a sidecar', 'Deployment', [add(`${POD}/containers/0`, { name: 'sidecar', image: 'sidecar:1' })]],
    ['an init container between ours', 'Deployment', [add(`${POD}/initContainers/1`, { name: 'between', image: 'app:1' })]],
    ['a variable', 'Deployment', [add(`${POD}/containers/0/env/0`, { name: 'B', value: '2' })]],
    ['the size of a volume', 'Deployment', [add(`${POD}/volumes/0/emptyDir/sizeLimit`, '1Gi')]],
    ['the number of replicas', 'Deployment', [add('/spec/replicas', 3)]],
    ['a label', 'Deployment', [add('/metadata/labels/somebody', 'x')]],
    ['a port, and the type, of a Service', 'Service', [add('/spec/type', 'NodePort'), add('/spec/ports/-', { name: 'more', port: 81 })]],
    ['a key of a ConfigMap', 'ConfigMap', [add('/data/more', 'x')]],
  ])('stays, and nothing is written: %s', async (_, kind, operations) => {
    const ns = await sets.newNamespace();
    const set = new AppliedSet(sets.api, ns);
    await set.apply(objects(ns));
    await change(ns, kind, ...operations);
    const after = await spec(ns, kind);
    for (const process of [set, new AppliedSet(sets.api, ns)]) {
      process.inventory = set.inventory;
      expect(outcomes(await process.apply(objects(ns))).filter((one) => !one.startsWith('unchanged'))).toEqual([]);
      expect(await spec(ns, kind)).toEqual(after);
    }
  });
});

describe('objects that kubectl has applied', () => {
  const text = (ns: string): string =>
    objects(ns)
      .map((object) => JSON.stringify(object))
      .join('\n---\n');
  const patches = (mark: number): readonly { readonly isDryRun: boolean }[] =>
    auditEvents(cluster.auditLog, mark)
      .filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'duotel')
      .map(({ isDryRun }) => ({ isDryRun }));

  it.each([
    ['on its side', ['apply', '-f', '-']],
    ['on the server’s', ['apply', '--server-side', '-f', '-']],
  ])('%s are taken as they are: what the API server has added to them is asked about once, and nothing is written', async (_, args) => {
    const ns = await sets.newNamespace();
    await must(cluster, args, text(ns));
    const set = new AppliedSet(sets.api, ns);
    const mark = auditMark(cluster.auditLog);
    for (let pass = 0; pass < 3; pass += 1)
      expect(outcomes(await set.apply(objects(ns))).map((one) => one.split(' ')[0])).toEqual([
        'unchanged',
        'unchanged',
        'unchanged',
        'unchanged',
      ]);
    // The ports without a protocol, and the quantities in another notation.
    expect(patches(mark)).toEqual(Array.from({ length: 3 }, () => ({ isDryRun: true })));
  });

  it('are repaired all the same when somebody has changed them before we came', async () => {
    const ns = await sets.newNamespace();
    await must(cluster, ['apply', '-f', '-'], text(ns));
    const before = await spec(ns, 'NetworkPolicy');
    await change(ns, 'NetworkPolicy', add('/spec/ingress/0/from/0/namespaceSelector', {}));
    expect(outcomes(await new AppliedSet(sets.api, ns).apply(objects(ns)))).toContain('updated NetworkPolicy/n');
    expect(await spec(ns, 'NetworkPolicy')).toEqual(before);
  });
});

describe('an object of which nobody knows any more who set what', () => {
  it('is not written while it is as it should be, and is repaired when it is not', async () => {
    const ns = await sets.newNamespace();
    const set = new AppliedSet(sets.api, ns);
    await set.apply(objects(ns));
    const before = await spec(ns, 'NetworkPolicy');
    const forget = { op: 'replace', path: '/metadata/managedFields', value: [{}] };
    await change(ns, 'NetworkPolicy', forget);
    expect(outcomes(await set.apply(objects(ns)))).toContain('unchanged NetworkPolicy/n');
    await change(ns, 'NetworkPolicy', forget, add('/spec/ingress/0/from/0/namespaceSelector', {}));
    expect(outcomes(await set.apply(objects(ns)))).toContain('updated NetworkPolicy/n');
    expect(await spec(ns, 'NetworkPolicy')).toEqual(before);
  });
});
