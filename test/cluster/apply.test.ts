import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InventoryEntry } from '../../api/inventory-entry.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { entryId, objectEntry } from '../../src/apply/inventory.ts';
import type { KubeApi } from '../../src/kube/kube-api.ts';
import { readInventory, storeInventory } from '../../src/stacks/stored-inventory.ts';
import { auditEvents, auditMark, operatorWrites } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { AppliedSet, configMap, member, messages, outcomes, workload } from '../support/cluster/sets.ts';
import { useSets } from '../support/cluster/use-sets.ts';

const sets = useSets();
const { cluster } = sets;

const requestsSince = (mark: number): number =>
  auditEvents(cluster.auditLog, mark).filter(({ userAgent }) => userAgent === 'duotel').length;
const writesSince = (mark: number): number => operatorWrites(auditEvents(cluster.auditLog, mark)).length;

/** 40 objects, as one stack has them. */
function forty(ns: string): readonly KubeObject[] {
  const names = ['a', 'b', 'c', 'd'];
  return [
    ...Array.from({ length: 24 }, (_, i) => configMap(ns, `c${i}`, 'y'.repeat(3000))),
    ...names.map((name) => member(ns, 'ServiceAccount', name)),
    ...names.map((name) =>
      member(ns, 'Service', name, { spec: { selector: { app: name }, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } }),
    ),
    ...names.map((name) =>
      member(ns, 'NetworkPolicy', name, { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [] } }, 'networking.k8s.io/v1'),
    ),
    ...names.map((name) =>
      workload(ns, 'StatefulSet', name, { configMaps: ['c1'], serviceAccountName: name, spec: { serviceName: name } }),
    ),
  ];
}

describe('a set of 40 objects', () => {
  it('is installed with at most 45 requests, and is then as it should be without a write, even one told from no cache', async () => {
    const { set, ns } = await sets.newSet();
    let mark = auditMark(cluster.auditLog);
    const live = new Map<string, KubeObject>();
    const cache = (entry: InventoryEntry): KubeObject | undefined => live.get(entryId(entry));
    const installed = await set.apply(forty(ns), { live: cache });
    expect(messages(installed)).toBe('');
    expect(installed.results.every(({ outcome }) => outcome === 'created')).toBe(true);
    expect(requestsSince(mark)).toBeLessThanOrEqual(45);
    for (const { object } of installed.results) if (object !== undefined) live.set(entryId(objectEntry(object)), object);

    mark = auditMark(cluster.auditLog);
    expect((await set.apply(forty(ns), { live: cache })).results.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
    expect(requestsSince(mark)).toBe(0);

    mark = auditMark(cluster.auditLog);
    const changed = forty(ns).map((object) => (object.metadata.name === 'c7' ? configMap(ns, 'c7', 'new') : object));
    expect(outcomes(await set.apply(changed, { live: cache })).filter((one) => !one.startsWith('unchanged'))).toEqual([
      'updated ConfigMap/c7',
    ]);
    expect(requestsSince(mark)).toBe(1);

    mark = auditMark(cluster.auditLog);
    await new AppliedSet(sets.api, ns).apply(changed);
    expect(writesSince(mark)).toBe(0);
  });
});

describe('an object that is refused', () => {
  const bad = (ns: string, name: string): KubeObject => member(ns, 'Service', name, { spec: { ports: [{ port: 99_999 }] } });

  it('fails alone, with every other error said too; what needs it waits and the rest goes on', async () => {
    const { set, ns } = await sets.newSet();
    const spoilt = { ...configMap(ns, 'config'), data: { text: 7 } };
    const needsIt = workload(ns, 'StatefulSet', 'needs-it', { configMaps: ['config'] });
    const independent = workload(ns, 'Deployment', 'independent', { configMaps: ['other'] });
    const done = await set.apply([spoilt, bad(ns, 'bad'), configMap(ns, 'other'), needsIt, independent]);
    expect([...outcomes(done)].sort()).toEqual([
      'created ConfigMap/other',
      'created Deployment/independent',
      expect.stringMatching(/^failed ConfigMap\/config /),
      'failed Service/bad ObjectRefused',
      'failed StatefulSet/needs-it HeldBack',
    ]);
    expect(messages(done)).toContain(`StatefulSet/${ns}/needs-it: not written: it needs ConfigMap/${ns}/config`);
    expect(messages(done)).toContain('spec.ports[0].port');
    expect(await getObject(cluster, 'statefulset/needs-it', ns)).toBeUndefined();

    expect(outcomes(await set.apply([configMap(ns, 'config'), configMap(ns, 'other'), needsIt, independent]))).toContain(
      'created StatefulSet/needs-it',
    );
  });

  it('is found by a dry run before the first write of its stage, and stops all of it where the policy is all or nothing', async () => {
    const { set, ns } = await sets.newSet();
    const services = (port: number, target: number): readonly KubeObject[] =>
      ['one', 'two'].map((name) =>
        member(ns, 'Service', name, { spec: { ports: [{ port: name === 'two' ? port : target, protocol: 'TCP', targetPort: 80 }] } }),
      );
    await set.apply(services(80, 80));
    const policies = { errors: 'AllOrNothing' as const };
    const stopped = await set.apply([...services(99_999, 8080), configMap(ns, 'new')], { policies });
    expect([...outcomes(stopped)].sort()).toEqual([
      'failed ConfigMap/new HeldBack',
      'failed Service/one HeldBack',
      'failed Service/two ObjectRefused',
    ]);
    const port = async (): Promise<unknown> => JSON.stringify((await getObject<KubeObject>(cluster, 'service/one', ns))?.['spec']);
    expect(await port()).toContain('"port":80,');
    expect(await getObject(cluster, 'configmap/new', ns)).toBeUndefined();

    await must(cluster, ['create', 'configmap', 'theirs', '-n', ns]);
    await must(cluster, ['label', 'configmap/theirs', '-n', ns, 'set=another']);
    const foreign = await set.apply([...services(80, 8080), configMap(ns, 'theirs')], { policies });
    expect([...outcomes(foreign)].sort()).toEqual([
      'failed Service/one HeldBack',
      'refused ConfigMap/theirs ForeignOwner',
      'unchanged Service/two',
    ]);

    const mark = auditMark(cluster.auditLog);
    expect([...outcomes(await set.apply(services(99_999, 8080)))].sort()).toEqual([
      'failed Service/two ObjectRefused',
      'updated Service/one',
    ]);
    expect(await port()).toContain('"port":8080');
    // Two asked, one written: the refused one was not sent a second time.
    expect(auditEvents(cluster.auditLog, mark).filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'duotel')).toHaveLength(3);
  });
});

describe('a set with its own kinds and namespace', () => {
  it('is applied in one pass: the CRD is established before its objects are sent', async () => {
    const ns = 'born-with-its-set';
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com', labels: { set: ns } },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns, labels: { set: ns } } };
    const thing = member(ns, 'Thing', 'x', { spec: { empty: [] } }, 'example.com/v1');
    const set = new AppliedSet(sets.api, ns);
    expect(messages(await set.apply([thing, configMap(ns, 'a'), space, crd]))).toBe('');
    expect((await getObject<KubeObject>(cluster, 'things.example.com/x', ns))?.['spec']).toEqual({ empty: [] });
  });
});

/** An API server that the process dies in front of, after `left` writes. */
function dyingAfter(left: number): KubeApi {
  let writes = left;
  return new Proxy(sets.api, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      if (name !== 'patch' && name !== 'delete') return method;
      return (...args: unknown[]): unknown => {
        writes -= 1;
        return writes < 0 ? Promise.reject(new Error('the process is dead')) : method(...args);
      };
    },
  });
}

describe('a process that dies after any single write', () => {
  it('leaves nothing that its inventory does not name, and the next one completes the set', async () => {
    const first = (ns: string): readonly KubeObject[] => [
      configMap(ns, 'a'),
      configMap(ns, 'b'),
      workload(ns, 'Deployment', 'w', { configMaps: ['a'] }),
    ];
    const second = (ns: string): readonly KubeObject[] => [
      configMap(ns, 'a', 'new'),
      configMap(ns, 'c'),
      member(ns, 'ServiceAccount', 's'),
    ];
    for (let writes = 0; writes <= 8; writes += 1) {
      const { ns } = await sets.newSet();
      let stored: readonly InventoryEntry[] = [];
      const record = async (inventory: readonly InventoryEntry[]): Promise<void> => {
        stored = inventory;
      };
      // What a pass returns is not stored: the process is gone by then.
      const dying = dyingAfter(writes);
      await new AppliedSet(dying, ns).apply(first(ns), { record, concurrency: 1 });
      const middle = new AppliedSet(dying, ns);
      middle.inventory = stored;
      await middle.apply(second(ns), { record, concurrency: 1 });

      const named = new Set(stored.map(entryId));
      const there = await must(cluster, ['get', 'configmap,serviceaccount,deployment', '-n', ns, '-l', `set=${ns}`, '-o', 'json']);
      const strays = (JSON.parse(there) as { items: KubeObject[] }).items.map(objectEntry).filter((entry) => !named.has(entryId(entry)));
      expect({ writes, strays }).toEqual({ writes, strays: [] });

      const next = new AppliedSet(sets.api, ns);
      next.inventory = stored;
      expect(messages(await next.apply(second(ns)))).toBe('');
      const left = await must(cluster, ['get', 'configmap,serviceaccount,deployment', '-n', ns, '-l', `set=${ns}`, '-o', 'name']);
      expect(left.trim().split('\n').sort()).toEqual(['configmap/a', 'configmap/c', 'serviceaccount/s']);
    }
  });
});

describe('any sets, one after the other', () => {
  const shape = fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom('ConfigMap', 'Service', 'Deployment'),
      name: fc.constantFrom('a', 'b', 'c'),
      value: fc.constantFrom('1', '2'),
    }),
    { selector: ({ kind, name }) => `${kind}/${name}`, minLength: 1, maxLength: 6 },
  );
  const make = (ns: string, list: readonly { kind: string; name: string; value: string }[]): readonly KubeObject[] =>
    list.map(({ kind, name, value }) => {
      if (kind === 'ConfigMap') return configMap(ns, name, value);
      if (kind === 'Deployment') return workload(ns, 'Deployment', name, { spec: { replicas: Number(value) } });
      return member(ns, 'Service', name, { spec: { selector: { app: value }, ports: [{ port: 80 }], externalIPs: [] } });
    });

  it('each become what the cluster holds, and a second pass writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 4 }), async (rounds) => {
        const { set, ns } = await sets.newSet();
        for (const round of rounds) {
          expect(messages(await set.apply(make(ns, round)))).toBe('');
          const there = await must(cluster, ['get', 'configmap,service,deployment', '-n', ns, '-l', `set=${ns}`, '-o', 'json']);
          const items = (JSON.parse(there) as { items: KubeObject[] }).items.map((one) => `${one.kind}/${one.metadata.name}`);
          expect(items.sort()).toEqual(round.map(({ kind, name }) => `${kind}/${name}`).sort());
          const mark = auditMark(cluster.auditLog);
          const again = await set.apply(make(ns, [...round].reverse()));
          expect(again.results.map(({ outcome }) => outcome)).toEqual(round.map(() => 'unchanged'));
          expect(writesSince(mark)).toBe(0);
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('an inventory that is too large for a status', () => {
  it('is kept in ConfigMaps by content, and read back whole', async () => {
    const { ns } = await sets.newSet();
    const stack = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'big', namespace: ns } };
    const entries = Array.from({ length: 2500 }, (_, i) =>
      objectEntry({ ...configMap(ns, `c${i}`), metadata: { name: `c${i}`, namespace: ns, uid: `${i}` } }),
    );
    const stored = await storeInventory(sets.api, stack, entries);
    expect(stored.inventory).toEqual([]);
    expect(stored.inventoryConfigMaps).toHaveLength(3);
    const withStatus = { ...stack, status: stored };
    expect(await readInventory(sets.api, withStatus)).toEqual(entries);
    const mark = auditMark(cluster.auditLog);
    expect(await storeInventory(sets.api, withStatus, entries)).toEqual(stored);
    expect(writesSince(mark)).toBe(0);
    await must(cluster, ['delete', 'configmap', stored.inventoryConfigMaps?.[1] ?? '', '-n', ns]);
    await expect(readInventory(sets.api, withStatus)).rejects.toThrow('expected the part of the inventory');
  });
});
