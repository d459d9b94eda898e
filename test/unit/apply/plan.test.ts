import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InventoryEntry } from '../../../api/inventory-entry.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { type Action, subject } from '../../../src/apply/action.ts';
import { entryId, objectEntry, union } from '../../../src/apply/inventory.ts';
import { plan } from '../../../src/apply/plan.ts';
import type { Policies } from '../../../src/apply/policies.ts';

const object = (kind: string, name: string, data = 'x', uid?: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'duotel', labels: { set: 'mine' }, ...(uid && { uid }) },
  data: { key: data },
});

type Cluster = Map<string, KubeObject>;
const id = (entry: InventoryEntry): string => entryId(entry);
const ours: Partial<Policies> = { owner: { label: 'set', value: 'mine' } };
const run = (
  desired: readonly KubeObject[],
  cluster: Cluster,
  inventory: readonly InventoryEntry[] = [],
  policies: Partial<Policies> = {},
): readonly Action[] => plan({ desired, inventory, live: (entry) => cluster.get(id(entry)), policies: { ...ours, ...policies } });
const types = (actions: readonly Action[]): readonly string[] => actions.map(({ type }) => type);
const clusterOf = (...list: readonly KubeObject[]): Cluster => new Map(list.map((one) => [id(objectEntry(one)), one]));

/** What the writer does, on a map. */
function applyTo(cluster: Cluster, actions: readonly Action[]): void {
  for (const action of actions) {
    if (action.type === 'delete') cluster.delete(id(action.entry));
    else if (action.type === 'create' || action.type === 'update') cluster.set(id(objectEntry(action.object)), { ...action.object });
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
    expect(actions.map((action) => [action.type, subject(action).metadata.name])).toEqual([
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
    expect(kinds.map((action) => subject(action).kind)).toEqual(['ServiceAccount', 'ConfigMap', 'Service', 'StatefulSet']);
  });

  it('deletes nothing when nothing was rendered', () => {
    const old = object('ConfigMap', 'old');
    expect(run([], clusterOf(old), [objectEntry(old)])).toEqual([
      { type: 'retain', entry: objectEntry(old), live: old, reason: 'PruneRefused' },
    ]);
  });

  it('does not delete an object of the same name that is another one', () => {
    const reborn = object('ConfigMap', 'old', 'x', 'second');
    const inventory = [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'duotel', name: 'old', uid: 'first' }];
    expect(run([object('Service', 'a')], new Map([[id(objectEntry(reborn)), reborn]]), inventory).map((action) => action.type)).toEqual([
      'create',
    ]);
  });

  it('does not delete what no longer carries our label', () => {
    const old = { ...object('ConfigMap', 'old'), metadata: { name: 'old', namespace: 'duotel' } };
    expect(types(run([object('Service', 'a')], clusterOf(old), [objectEntry(old)]))).toEqual(['create']);
  });

  it('keeps what somebody has marked to stay, and what is being deleted already', () => {
    const marked = object('ConfigMap', 'marked');
    const stays = { ...marked, metadata: { ...marked.metadata, annotations: { 'duotel.io/prune': 'disabled' } } };
    const going = object('ConfigMap', 'going');
    const leaves = { ...going, metadata: { ...going.metadata, deletionTimestamp: 'now' } };
    const actions = run([object('Service', 'a')], clusterOf(stays, leaves), [objectEntry(stays), objectEntry(leaves)]);
    expect(actions.flatMap((action) => (action.type === 'retain' ? [action.reason] : []))).toEqual(['PruneDisabled', 'Terminating']);
  });

  it('keeps a Namespace that other objects of the set are in', () => {
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'duotel', uid: '1', labels: { set: 'mine' } } };
    expect(types(run([object('Service', 'a')], clusterOf(space), [objectEntry(space)]))).toEqual(['create', 'retain']);
  });

  it('deletes nothing when the share of a fault or more would go, and all of it when that is allowed', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => object('ConfigMap', name));
    const inventory = all.map(objectEntry);
    const share = (wanted: number, pruneShare: number): readonly string[] =>
      types(run(all.slice(0, wanted), clusterOf(...all), inventory, { pruneShare }));
    expect(share(1, 0.5)).toEqual(['keep', 'retain', 'retain', 'retain']);
    expect(share(2, 0.5)).toEqual(['keep', 'keep', 'retain', 'retain']);
    expect(share(3, 0.5)).toEqual(['keep', 'keep', 'keep', 'delete']);
    expect(share(1, 1)).toEqual(['keep', 'delete', 'delete', 'delete']);
  });

  it('leaves objects of a kind that cannot be read as they are, and goes on with the others', () => {
    const actions = plan({
      desired: [object('Service', 'a'), object('ConfigMap', 'b')],
      inventory: [objectEntry(object('Service', 'old'))],
      live: ({ kind }) => {
        if (kind === 'Service') throw new Error('503');
        return undefined;
      },
    });
    expect(actions.map((action) => `${action.type} ${subject(action).metadata.name}`)).toEqual(['create b', 'unread a', 'retain old']);
  });

  it('waits for an object that is being deleted', () => {
    const going = object('ConfigMap', 'a');
    const live = { ...going, metadata: { ...going.metadata, deletionTimestamp: 'now' } };
    expect(types(run([going], clusterOf(live)))).toEqual(['wait']);
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
        const again = run(make(after), cluster, union(inventory, make(after).map(objectEntry)));
        expect(again.every((action) => action.type === 'keep')).toBe(true);
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
