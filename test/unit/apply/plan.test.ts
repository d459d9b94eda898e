import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import { entryId, type InventoryEntry, objectEntry, union } from '../../../src/apply/inventory.ts';
import { type Action, plan } from '../../../src/apply/plan.ts';

const object = (kind: string, name: string, data = 'x', uid?: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'duotel', ...(uid && { uid }) },
  data: { key: data },
});

type Cluster = Map<string, KubeObject>;
const id = (entry: InventoryEntry): string => entryId(entry);
const run = (desired: readonly KubeObject[], cluster: Cluster, inventory: readonly InventoryEntry[] = []): readonly Action[] =>
  plan({ desired, inventory, live: (entry) => cluster.get(id(entry)), isOurs: () => true });

/** What the writer does, on a map. */
function applyTo(cluster: Cluster, actions: readonly Action[]): void {
  for (const action of actions) {
    if (action.type === 'delete') cluster.delete(id(action.entry));
    else if (action.type !== 'keep') cluster.set(id(objectEntry(action.object)), { ...action.object });
  }
}

const objects = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('ConfigMap', 'Service', 'StatefulSet', 'ServiceAccount'),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    data: fc.constantFrom('1', '2'),
  }),
  { selector: ({ kind, name }) => `${kind}/${name}`, maxLength: 10 },
);
const make = (list: readonly { kind: string; name: string; data: string }[]): KubeObject[] =>
  list.map(({ kind, name, data }) => object(kind, name, data));

describe('plan', () => {
  it('creates what is missing, updates what differs and keeps the rest', () => {
    const cluster = new Map([object('ConfigMap', 'same'), object('ConfigMap', 'other', 'old')].map((one) => [id(objectEntry(one)), one]));
    const actions = run([object('ConfigMap', 'same'), object('ConfigMap', 'other', 'new'), object('ConfigMap', 'fresh')], cluster);
    expect(actions.map((action) => [action.type, action.type === 'delete' ? '' : action.object.metadata.name])).toEqual([
      ['create', 'fresh'],
      ['update', 'other'],
      ['keep', 'same'],
    ]);
  });

  it('applies service accounts and configuration before the workloads that need them', () => {
    const kinds = run(
      [object('StatefulSet', 'a'), object('Service', 'a'), object('ConfigMap', 'a'), object('ServiceAccount', 'a')],
      new Map(),
    );
    expect(kinds.map((action) => (action.type === 'delete' ? '' : action.object.kind))).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'Service',
      'StatefulSet',
    ]);
  });

  it('deletes nothing when nothing was rendered', () => {
    const old = object('ConfigMap', 'old');
    expect(run([], new Map([[id(objectEntry(old)), old]]), [objectEntry(old)])).toEqual([]);
  });

  it('does not delete an object of the same name that is another one', () => {
    const reborn = object('ConfigMap', 'old', 'x', 'second');
    const inventory = [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'duotel', name: 'old', uid: 'first' }];
    expect(run([object('Service', 'a')], new Map([[id(objectEntry(reborn)), reborn]]), inventory).map((action) => action.type)).toEqual([
      'create',
    ]);
  });

  it('does not delete what no longer carries our label', () => {
    const old = object('ConfigMap', 'old');
    const actions = plan({
      desired: [object('Service', 'a')],
      inventory: [objectEntry(old)],
      live: (entry) => (entry.name === 'old' ? old : undefined),
      isOurs: () => false,
    });
    expect(actions.map((action) => action.type)).toEqual(['create']);
  });

  it('reaches what is desired, and then has nothing left to do', () => {
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        fc.pre(after.length > 0);
        const cluster: Cluster = new Map();
        applyTo(cluster, run(make(before), cluster));
        const inventory = make(before).map(objectEntry);
        applyTo(cluster, run(make(after), cluster, inventory));
        expect([...cluster.values()].map((one) => JSON.stringify(one)).sort()).toEqual(
          make(after)
            .map((one) => JSON.stringify(one))
            .sort(),
        );
        expect(run(make(after), cluster, union(inventory, make(after).map(objectEntry))).every((action) => action.type === 'keep')).toBe(
          true,
        );
      }),
    );
  });

  it('deletes only what the inventory names', () => {
    fc.assert(
      fc.property(objects, objects, objects, (inCluster, inInventory, wanted) => {
        const cluster: Cluster = new Map(make(inCluster).map((one) => [id(objectEntry(one)), one]));
        const inventory = make(inInventory).map(objectEntry);
        const named = new Set(inventory.map(id));
        const deleted = run(make(wanted), cluster, inventory).flatMap((action) => (action.type === 'delete' ? [id(action.entry)] : []));
        expect(deleted.every((one) => named.has(one))).toBe(true);
      }),
    );
  });

  it('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(objects, (list) => {
        expect(run(make([...list].reverse()), new Map())).toEqual(run(make(list), new Map()));
      }),
    );
  });
});
