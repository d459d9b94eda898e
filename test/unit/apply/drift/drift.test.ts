import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Fields, isFields } from '../../../../api/fields.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../../api/kube-object.ts';
import { drift } from '../../../../src/apply/drift/drift.ts';
import { appliedBy } from '../../../support/fake-api/applied-by.ts';

const object = (spec: Fields, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', ...metadata },
  spec,
});
const custom = (spec: Fields): KubeObject => ({ ...object(spec), apiVersion: 'example.com/v1' });
/** The object as somebody has changed it, after an apply of ours: who set what is as it was. */
const changed = (before: KubeObject, spec: Fields, keys: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...appliedBy(before, keys),
  spec,
});
/** `path`, with a question mark where only the API server can say. */
const found = (desired: KubeObject, live: KubeObject): readonly string[] =>
  drift(desired, live).map(({ path, certain }) => (certain ? path : `${path}?`));
const update = (fieldsV1: Fields, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager: 'somebody',
  operation: 'Update',
  fieldsV1,
  ...more,
});

const NAMED = { containers: 'name', initContainers: 'name', env: 'name', volumes: 'name' };
const container = (fields: object): Fields => ({ containers: [{ name: 'collector', ...fields }] });

describe('drift', () => {
  it('is empty when every desired field is live, whatever else is live', () => {
    const desired = object({ a: 1, b: { c: 'x' } });
    expect(found(desired, { ...changed(desired, { a: 1, b: { c: 'x', d: 'defaulted' }, e: 2 }), status: {} })).toEqual([]);
  });

  it('names the path of a changed field through the merge key of its list', () => {
    const desired = object(container({ image: 'a' }));
    expect(drift(desired, changed(desired, container({ image: 'b' }), NAMED))).toEqual([
      { path: 'spec.containers[name=collector].image', desired: 'a', live: 'b', certain: true },
    ]);
  });

  it('matches items by key, so that a container someone added in front does not count, nor a field in ours', () => {
    const desired = object(container({ image: 'a' }));
    const live = { containers: [{ name: 'sidecar' }, { name: 'collector', image: 'a', stdin: true }] };
    expect(found(desired, changed(desired, live, NAMED))).toEqual([]);
  });

  it('tells two ports of one number apart by their protocol', () => {
    const ports = (first: string, second: string): Fields => ({
      ports: [
        { port: 53, protocol: 'TCP', name: first },
        { port: 53, protocol: 'UDP', name: second },
      ],
    });
    const item = { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:name': {} };
    const held = { 'f:spec': { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': item, 'k:{"port":53,"protocol":"UDP"}': item } } };
    const live = object(ports('a', 'c'), { managedFields: [update(held)] });
    expect(found(object(ports('a', 'b')), live)).toEqual(['spec.ports[port=53,protocol=UDP].name']);
  });

  it('takes a list without keys as a whole', () => {
    const desired = object({ args: ['a', 'b'] });
    expect(drift(desired, changed(desired, { args: ['a', 'b', 'c'] }))).toHaveLength(1);
    expect(drift(desired, changed(desired, { args: ['a', 'b'] }))).toEqual([]);
    expect(found(desired, changed(desired, { args: ['b', 'a'] }))).toEqual(['spec.args']);
  });

  it('takes an empty list for an absent one where the API server stores neither', () => {
    const { spec: _, ...nothing } = object({});
    expect(found(object({ rules: [] }), appliedBy({ ...nothing, spec: { x: 1 } }))).toEqual([]);
    expect(found(custom({ rules: [] }), custom({}))).toEqual(['spec.rules?']);
    expect(found(custom({ rules: [] }), custom({ rules: [] }))).toEqual([]);
  });

  it('finds what is in a list that we want empty', () => {
    const desired = object({ ingress: [] });
    expect(found(desired, object({ ingress: [{}] }, { managedFields: [update({ 'f:spec': { 'f:ingress': {} } })] }))).toEqual([
      'spec.ingress',
    ]);
  });

  it('finds a field that is gone', () => {
    const labels = { 'duotel.io/stack': 'x' };
    expect(drift(object({}, { labels }), object({}))).toEqual([
      { path: 'metadata.labels', desired: labels, live: undefined, certain: true },
    ]);
  });

  it('writes a key with dots or slashes in brackets', () => {
    const annotated = (value: string): KubeObject => object({}, { annotations: { 'duotel.io/x': value, 'other/one': value } });
    const [difference] = drift(annotated('1'), appliedBy(annotated('2')));
    expect(difference?.path).toBe('metadata.annotations["duotel.io/x"]');
  });
});

/** Each of these counted as no drift once, since lists were told apart by the names of their fields. */
describe('a change by somebody that opens or bends what we render', () => {
  const peers = [{ podSelector: { matchLabels: { app: 'a' } } }];
  const tcp = (port: number): Fields => ({ port, protocol: 'TCP' });
  const dns = [tcp(53), { port: 53, protocol: 'UDP' }];

  it.each<[string, Fields, Fields, readonly string[]]>([
    [
      'port 22 in a rule for ingress',
      { ingress: [{ from: peers, ports: [tcp(4317)] }] },
      { ingress: [{ from: peers, ports: [tcp(4317), tcp(22)] }] },
      ['spec.ingress'],
    ],
    ['port 443 in the rule for DNS', { egress: [{ ports: dns }] }, { egress: [{ ports: [...dns, tcp(443)] }] }, ['spec.egress']],
    [
      'every namespace beside a selection of pods',
      { ingress: [{ from: peers }] },
      { ingress: [{ from: [{ ...peers[0], namespaceSelector: {} }] }] },
      ['spec.ingress?'],
    ],
    [
      'a toleration more',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      {
        tolerations: [
          { key: 'a', operator: 'Exists' },
          { key: 'b', operator: 'Exists' },
        ],
      },
      ['spec.tolerations'],
    ],
    [
      'init containers in another order',
      { initContainers: [{ name: 'a' }, { name: 'b' }] },
      { initContainers: [{ name: 'b' }, { name: 'x' }, { name: 'a' }] },
      ['spec.initContainers'],
    ],
    [
      'a variable that is set a second time',
      { env: [{ name: 'a', value: '1' }] },
      {
        env: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      ['spec.env[name=a]'],
    ],
    ['an argument more', { args: ['a'] }, { args: ['a', 'b'] }, ['spec.args']],
  ])('is found: %s', (_, spec, live, paths) => {
    const desired = object(spec);
    expect(found(desired, changed(desired, live, NAMED))).toEqual(paths);
  });

  it('is found in a map that is one value, such as the selector of a Service', () => {
    const desired = object({ selector: { app: 'a' } });
    const held = update({ 'f:spec': { 'f:selector': {} } });
    expect(found(desired, object({ selector: { app: 'a', more: 'b' } }, { managedFields: [held] }))).toEqual(['spec.selector?']);
    expect(found(desired, object({ selector: { app: 'b' } }, { managedFields: [held] }))).toEqual(['spec.selector.app']);
  });

  it('is found in a set: a value that is gone, or another order; not a value of theirs', () => {
    const desired = object({}, { finalizers: ['a', 'b'] });
    const live = (...finalizers: readonly string[]): KubeObject =>
      object({}, { finalizers, managedFields: [update({ 'f:metadata': { 'f:finalizers': { 'v:"a"': {} } } })] });
    expect(found(desired, live('a', 'theirs', 'b'))).toEqual([]);
    expect(found(desired, live('a'))).toEqual(['metadata.finalizers']);
    expect(found(desired, live('b', 'a'))).toEqual(['metadata.finalizers']);
  });
});

describe('what the API server may have made of our bytes itself', () => {
  const held = (fieldsV1: Fields, spec: Fields): KubeObject => object(spec, { managedFields: [update({ 'f:spec': fieldsV1 })] });

  it('is left to it to say: a default in a list that is one value, and a quantity in another notation', () => {
    const ports = object({ ingress: [{ ports: [{ port: 53 }] }] });
    expect(found(ports, held({ 'f:ingress': {} }, { ingress: [{ ports: [{ port: 53, protocol: 'TCP' }] }] }))).toEqual(['spec.ingress?']);
    const cpu = object({ limits: { cpu: '1000m' } });
    expect(found(cpu, held({ 'f:limits': { 'f:cpu': {} } }, { limits: { cpu: '1' } }))).toEqual(['spec.limits.cpu?']);
    expect(found(cpu, held({ 'f:limits': { 'f:cpu': {} } }, { limits: { cpu: '2' } }))).toEqual(['spec.limits.cpu']);
  });

  it('is certain as soon as one part of it is another value', () => {
    const ports = object({ ingress: [{ ports: [{ port: 53 }] }] });
    expect(found(ports, held({ 'f:ingress': {} }, { ingress: [{ ports: [{ port: 54, protocol: 'TCP' }] }] }))).toEqual(['spec.ingress']);
  });

  it('is left to it too where it is a key of an item, whatever else the item has', () => {
    const item = { '.': {}, 'f:port': {} };
    const ports = { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': item } };
    const desired = object({ ports: [{ port: 53 }] });
    const udp = { port: 53, protocol: 'UDP' };
    const at = 'spec.ports[port=53,protocol=undefined]';
    const live = (...list: readonly Fields[]): KubeObject => held(ports, { ports: list });
    expect(drift(desired, live({ ...udp, nodePort: 30_000 }))).toEqual([
      { path: at, desired: { port: 53, protocol: undefined }, live: udp, certain: false },
    ]);
    expect(found(desired, live({ port: 53, protocol: 'TCP' }, udp))).toEqual([`${at}?`]);
    expect(found(desired, live({ port: 54, protocol: 'TCP' }))).toEqual([at]);
  });
});

describe('where nobody has set anything', () => {
  it('all of it counts as one value, and a difference names the field', () => {
    const desired = object({ a: { b: 1 }, list: [1] });
    expect(found(desired, object({ a: { b: 1 }, list: [1] }))).toEqual([]);
    expect(found(desired, object({ a: { b: 1, c: 2 }, list: [1] }))).toEqual(['spec.a?']);
    expect(found(desired, object({ a: { b: 2 }, list: [1, 2] }))).toEqual(['spec.a.b', 'spec.list']);
  });

  it('labels and annotations beside ours are others’ all the same', () => {
    const live = object({}, { labels: { a: 'b', theirs: 'c' }, annotations: { d: 'e', theirs: 'f' }, uid: '1' });
    expect(found(object({}, { labels: { a: 'b' }, annotations: { d: 'e' } }), live)).toEqual([]);
  });
});

describe('an empty map that we render', () => {
  const desired = object({ volumes: [{ name: 'tmp', emptyDir: {} }] });

  it('may have others’ fields in it where it is a map of fields, as the others’ entries say', () => {
    const live = changed(desired, { volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }] }, NAMED);
    expect(found(desired, live)).toEqual(['spec.volumes[name=tmp].emptyDir?']);
    const theirs = update({ 'f:spec': { 'f:volumes': { 'k:{"name":"tmp"}': { 'f:emptyDir': { '.': {}, 'f:sizeLimit': {} } } } } });
    const known = { ...live, metadata: { ...live.metadata, managedFields: [theirs, ...(live.metadata.managedFields ?? [])] } };
    expect(found(desired, known)).toEqual([]);
  });
});

describe('how values merge', () => {
  const desired = object({ ports: [{ port: 1 }] });
  const keyed = { 'f:spec': { 'f:ports': { 'k:{"port":1}': { '.': {}, 'f:port': {} } } } };
  const whole = { 'f:spec': { 'f:ports': {} } };
  const live = (...managedFields: readonly ManagedFieldsEntry[]): KubeObject =>
    object({ ports: [{ port: 1 }, { port: 2 }] }, { managedFields });
  const ours = (fieldsV1: Fields): ManagedFieldsEntry => update(fieldsV1, { manager: 'duotel', operation: 'Apply' });
  const kubectl = (fieldsV1: Fields): ManagedFieldsEntry => update(fieldsV1, { manager: 'kubectl-client-side-apply' });

  it('is said by our own entry first, then by kubectl’s, then by any', () => {
    expect(found(desired, live(update(keyed)))).toEqual([]);
    expect(found(desired, live(update(keyed), kubectl(whole)))).toEqual(['spec.ports']);
    expect(found(desired, live(update(keyed), kubectl(whole), ours(keyed)))).toEqual([]);
  });

  it('is not said by entries of another version of the kind, nor of a subresource', () => {
    expect(found(desired, live(update(keyed, { apiVersion: 'apps/v1beta1' })))).toEqual(['spec.ports']);
    expect(found(desired, live(update(keyed, { subresource: 'scale' })))).toEqual(['spec.ports']);
    expect(found(desired, live(update(keyed, { apiVersion: 'apps/v1' })))).toEqual([]);
  });
});

describe('any object', () => {
  const spec = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 });

  it('is without drift while it is as it was applied', () => {
    fc.assert(
      fc.property(spec, (fields) => {
        const desired = custom(fields as Fields);
        expect(drift(desired, appliedBy(desired))).toEqual([]);
        expect(drift(desired, desired)).toEqual([]);
      }),
    );
  });

  it('has drift when any value in it is another one, or any list in it has an item more', () => {
    fc.assert(
      fc.property(spec, fc.nat(), (fields, pick) => {
        const desired = custom(fields as Fields);
        const places = [...changes(fields)];
        const place = places[pick % places.length];
        fc.pre(place !== undefined);
        const live = { ...appliedBy(desired), spec: place as Fields };
        expect(drift(desired, live).length).toBeGreaterThan(0);
      }),
    );
  });
});

/** The value with one leaf of it exchanged, or one item added to one of its lists. */
function* changes(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    yield [...value, 'somebody'];
    for (const [index, item] of value.entries()) for (const inner of changes(item)) yield value.with(index, inner);
  } else if (isFields(value)) {
    for (const [name, field] of Object.entries(value)) for (const inner of changes(field)) yield { ...value, [name]: inner };
  } else yield 'somebody';
}
