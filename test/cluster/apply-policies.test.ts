import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import type { Policies } from '../../src/apply/policies.ts';
import { denyConfigMaps, enforce, rewriteConfigMaps } from '../support/cluster/admission.ts';
import { auditEvents, auditMark, operatorWrites } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { AppliedSet, configMap, member, messages, outcomes, workload } from '../support/cluster/sets.ts';
import { useSets } from '../support/cluster/use-sets.ts';
import { eventually } from '../support/time/eventually.ts';

const sets = useSets();
const { cluster } = sets;

const specOf = async (what: string, ns: string): Promise<Record<string, unknown>> =>
  ((await getObject<KubeObject>(cluster, what, ns))?.['spec'] ?? {}) as Record<string, unknown>;
const applyAs = (manager: string, object: object): Promise<string> =>
  must(cluster, ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'], JSON.stringify(object));

describe('a field that an ignore rule names', () => {
  const policies: Partial<Policies> = { ignore: [{ kind: 'Deployment', path: '/spec/replicas' }] };

  it('stays as somebody has scaled it, whatever else is written', async () => {
    const { set, ns } = await sets.newSet();
    const wanted = (image: string): readonly KubeObject[] => [
      JSON.parse(JSON.stringify(workload(ns, 'Deployment', 'w')).replace('app:1', image)) as KubeObject,
    ];
    await set.apply(wanted('app:1'), { policies });
    await must(cluster, ['scale', 'deployment/w', '--replicas=4', '-n', ns]);
    expect(outcomes(await set.apply(wanted('app:1'), { policies }))).toEqual(['unchanged Deployment/w']);
    expect(outcomes(await set.apply(wanted('app:2'), { policies }))).toEqual(['updated Deployment/w']);
    const spec = await specOf('deployment/w', ns);
    expect([spec['replicas'], JSON.stringify(spec).includes('app:2')]).toEqual([4, true]);
  });

  it('becomes the other manager’s alone where that one applies it', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([workload(ns, 'Deployment', 'w')], { policies });
    const { apiVersion, kind } = workload(ns, 'Deployment', 'w');
    await applyAs('autoscaler', { apiVersion, kind, metadata: { name: 'w', namespace: ns }, spec: { replicas: 3 } });
    await set.apply([workload(ns, 'Deployment', 'w')], { policies });
    expect((await specOf('deployment/w', ns))['replicas']).toBe(3);
    expect(outcomes(await set.apply([workload(ns, 'Deployment', 'w')], { policies }))).toEqual(['unchanged Deployment/w']);
    const fields = (await getObject<KubeObject>(cluster, 'deployment/w', ns))?.metadata.managedFields ?? [];
    const holders = fields.filter(({ fieldsV1, subresource }) => !subresource && JSON.stringify(fieldsV1).includes('f:replicas'));
    expect(holders.map(({ manager }) => manager)).toEqual(['autoscaler']);
  });
});

describe('a field that another manager holds', () => {
  it('is taken back by force, or left and reported with the manager and the field', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([configMap(ns, 'a', 'ours')]);
    await applyAs('rival', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: ns }, data: { text: 'theirs' } });
    const left = await set.apply([configMap(ns, 'a', 'ours')], { policies: { conflicts: 'Report' } });
    expect(outcomes(left)).toEqual(['failed ConfigMap/a FieldManagerConflict']);
    expect(messages(left)).toMatch(/data\.text.*rival/);
    expect(outcomes(await set.apply([configMap(ns, 'a', 'ours')]))).toEqual(['updated ConfigMap/a']);
  });

  it('keeps its whole stage from being written when all or nothing is to be, but for what kubectl has applied', async () => {
    const { set, ns } = await sets.newSet();
    const policies: Partial<Policies> = { errors: 'AllOrNothing', conflicts: 'Report' };
    await must(cluster, ['apply', '-f', '-'], JSON.stringify(configMap(ns, 'a', 'theirs')));
    expect(outcomes(await set.apply([configMap(ns, 'a'), configMap(ns, 'b')], { policies }))).toEqual([
      'updated ConfigMap/a',
      'created ConfigMap/b',
    ]);
    await applyAs('rival', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: ns }, data: { text: 'theirs' } });
    const left = await set.apply([configMap(ns, 'a'), configMap(ns, 'b', 'new'), configMap(ns, 'c')], { policies });
    expect(outcomes(left)).toEqual([
      'failed ConfigMap/a FieldManagerConflict',
      'failed ConfigMap/b HeldBack',
      'failed ConfigMap/c HeldBack',
    ]);
    expect((await getObject<KubeObject>(cluster, 'configmap/b', ns))?.['data']).toEqual({ text: 'x' });
  });

  it('is written less and less often when that one sets it ten times a second, and the problem names both', async () => {
    const { ns } = await sets.newSet();
    // Time goes on by a tenth of a second a round, however long a machine takes for one.
    let now = 0;
    const set = new AppliedSet(sets.api, ns, () => now);
    await set.apply([configMap(ns, 'a', 'ours')]);
    const mark = auditMark(cluster.auditLog);
    const type = await sets.api.resourceType('v1', 'ConfigMap');
    const written: number[] = [];
    let said = '';
    let rounds = 0;
    for (; now < 8000; now += 100, rounds += 1) {
      await sets.api.patch(
        type,
        { name: 'a', namespace: ns },
        'application/merge-patch+json',
        { data: { text: 'theirs' } },
        { fieldManager: 'rival' },
      );
      if (outcomes(await set.apply([configMap(ns, 'a', 'ours')])).some((one) => one.startsWith('updated'))) written.push(now);
      said = set.memory.contest(configMap(ns, 'a', 'ours'))?.message ?? said;
    }
    // Five at once, then after 1, 2 and 4 seconds.
    expect(written).toEqual([0, 100, 200, 300, 400, 1400, 3400, 7400]);
    expect(operatorWrites(auditEvents(cluster.auditLog, mark)).length - rounds).toBe(written.length);
    expect(said).toContain(`ConfigMap/${ns}/a: field manager rival sets data.text again and again`);
  });

  it('is reported, and written once only, when a mutating policy rewrites it on its way in', async () => {
    const { set, ns } = await sets.newSet();
    await enforce(cluster, rewriteConfigMaps(ns, 'rewritten'), async () => {
      const args = ['create', 'configmap', 'probe', '-n', ns, '--from-literal=text=x', '--dry-run=server', '-o', 'json'];
      return (await must(cluster, args)).includes('rewritten');
    });
    const first = await set.apply([configMap(ns, 'a', 'ours')]);
    expect(outcomes(first)).toEqual(['created ConfigMap/a DriftNotRepairable']);
    const mark = auditMark(cluster.auditLog);
    for (let round = 0; round < 5; round += 1) {
      const result = await set.apply([configMap(ns, 'a', 'ours')]);
      expect(outcomes(result)).toEqual(['unchanged ConfigMap/a DriftNotRepairable']);
      expect(messages(result)).toContain(`ConfigMap/${ns}/a: our write did not set data.text:`);
    }
    expect(operatorWrites(auditEvents(cluster.auditLog, mark))).toEqual([]);
  });
});

describe('a field that cannot change', () => {
  const claims = (size: string): object => ({
    serviceName: 'x',
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', resources: { requests: { storage: size } } },
      },
    ],
  });
  const statefulSet = (ns: string, size: string): KubeObject =>
    workload(ns, 'StatefulSet', 'db', { spec: claims(size) as Record<string, unknown> });
  const recreating: Partial<Policies> = { immutable: 'Recreate' };

  it('stalls with what to do, and is changed by making the object again where that is allowed: its pods stay', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([statefulSet(ns, '1Gi')]);
    const pod = await eventually('the pod', () => getObject<KubeObject>(cluster, 'pod/db-0', ns));
    const stalled = await set.apply([statefulSet(ns, '2Gi')]);
    expect(outcomes(stalled)).toEqual(['failed StatefulSet/db Immutable']);
    expect(messages(stalled)).toContain(`kubectl delete statefulset db -n ${ns} --cascade=orphan`);
    expect(outcomes(await set.apply([statefulSet(ns, '2Gi')], { policies: recreating }))).toEqual(['recreated StatefulSet/db']);
    expect(JSON.stringify(await specOf('statefulset/db', ns))).toContain('2Gi');
    expect((await getObject<KubeObject>(cluster, 'pod/db-0', ns))?.metadata).toMatchObject({ uid: pod.metadata.uid });
  });

  it('never makes an object go for an invalid value, nor for a denial that says the same words', async () => {
    const { set, ns } = await sets.newSet();
    const service = (port: number): KubeObject =>
      member(ns, 'Service', 's', { spec: { ports: [{ port, protocol: 'TCP', targetPort: 80 }] } });
    await set.apply([service(80), configMap(ns, 'a')]);
    const before = (await getObject<KubeObject>(cluster, 'service/s', ns))?.metadata.uid;
    expect(outcomes(await set.apply([service(99_999), configMap(ns, 'a')], { policies: recreating }))).toContain(
      'failed Service/s ObjectRefused',
    );
    await enforce(
      cluster,
      denyConfigMaps(ns, 'UPDATE', 'field is immutable'),
      async () => (await cluster.kubectl(['label', 'configmap/a', '-n', ns, 'x=y', '--dry-run=server'])).code !== 0,
    );
    const denied = await set.apply([service(80), configMap(ns, 'a', 'new')], { policies: recreating });
    expect(outcomes(denied)).toContain('failed ConfigMap/a ObjectRefused');
    expect((await getObject<KubeObject>(cluster, 'service/s', ns))?.metadata.uid).toBe(before);
  });

  it('waits for a finalizer, over passes and processes, and the object comes back once', async () => {
    const { set, ns } = await sets.newSet();
    const held = (serviceName: string): KubeObject => ({ ...workload(ns, 'StatefulSet', 'db', { spec: { serviceName } }) });
    await set.apply([held('one')]);
    await must(cluster, ['patch', 'statefulset/db', '-n', ns, '--type=merge', '-p', '{"metadata":{"finalizers":["example.com/hold"]}}']);
    const options = { policies: recreating, waitMs: 200 };
    const waiting = await set.apply([held('two')], options);
    expect(outcomes(waiting)).toEqual(['waiting StatefulSet/db Terminating']);
    const next = new AppliedSet(sets.api, ns);
    next.inventory = set.inventory;
    const mark = auditMark(cluster.auditLog);
    expect(messages(await next.apply([held('two')], options))).toContain('it is held by example.com/hold');
    expect(operatorWrites(auditEvents(cluster.auditLog, mark))).toEqual([]);
    await must(cluster, ['patch', 'statefulset/db', '-n', ns, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    await eventually('the old one to be gone', async () => (await getObject(cluster, 'statefulset/db', ns)) === undefined);
    expect(outcomes(await next.apply([held('two')], options))).toEqual(['created StatefulSet/db']);
    expect((await specOf('statefulset/db', ns))['serviceName']).toBe('two');
  });
});

describe('an object that is there already', () => {
  const foreign = (ns: string): object => ({
    ...configMap(ns, 'a', 'theirs'),
    metadata: { name: 'a', namespace: ns, labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
  });
  const ours = (ns: string): KubeObject => {
    const object = configMap(ns, 'a', 'ours');
    return { ...object, metadata: { ...object.metadata, labels: { set: ns, 'app.kubernetes.io/managed-by': 'duotel' } } };
  };

  it('is not taken from another tool, not even when our cache does not show it, unless the policy is to adopt all', async () => {
    const { set, ns } = await sets.newSet();
    await applyAs('helm', foreign(ns));
    for (const live of [undefined, () => undefined]) {
      const refused = await set.apply([ours(ns)], live === undefined ? {} : { live });
      expect(outcomes(refused)).toEqual(['refused ConfigMap/a ForeignOwner']);
      expect(messages(refused)).toContain('managed-by is Helm');
      expect(set.inventory).toEqual([]);
    }
    expect(outcomes(await set.apply([ours(ns)], { policies: { adoption: 'AdoptAll' } }))).toEqual(['updated ConfigMap/a']);
  });

  it('is taken when nobody owns it, unless only our own match', async () => {
    const { set, ns } = await sets.newSet();
    await must(cluster, ['create', 'configmap', 'a', '-n', ns, '--from-literal=text=theirs']);
    const policies: Partial<Policies> = { adoption: 'MustMatch' };
    expect(outcomes(await set.apply([ours(ns)], { policies }))).toEqual(['refused ConfigMap/a ForeignOwner']);
    expect(outcomes(await set.apply([ours(ns)]))).toEqual(['updated ConfigMap/a']);
    expect(outcomes(await set.apply([ours(ns)], { policies }))).toEqual(['unchanged ConfigMap/a']);
  });

  it('is not taken under MustMatch when nobody holds a field that we want and our cache shows only what has our label', async () => {
    const { set, ns } = await sets.newSet();
    await must(cluster, ['create', 'configmap', 'a', '-n', ns, '--from-literal=other=theirs']);
    const blind = { live: () => undefined, partial: () => true };
    const refused = await set.apply([ours(ns), configMap(ns, 'b')], { ...blind, policies: { adoption: 'MustMatch' } });
    expect(outcomes(refused)).toEqual(['refused ConfigMap/a ForeignOwner', 'created ConfigMap/b']);
    expect((await getObject<KubeObject>(cluster, 'configmap/a', ns))?.['data']).toEqual({ other: 'theirs' });
    expect(set.inventory.map(({ name }) => name)).toEqual(['b']);
  });
});

describe('a namespace that is being deleted', () => {
  it('is said to be, and what it cannot take is asked for once a pass, no more', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([configMap(ns, 'a')]);
    await must(cluster, ['patch', 'configmap/a', '-n', ns, '--type=merge', '-p', '{"metadata":{"finalizers":["example.com/hold"]}}']);
    await must(cluster, ['delete', 'namespace', ns, '--wait=false']);
    await eventually('the deletion', async () => (await getObject<KubeObject>(cluster, 'configmap/a', ns))?.metadata.deletionTimestamp);
    const mark = auditMark(cluster.auditLog);
    const held = await set.apply([configMap(ns, 'a'), configMap(ns, 'b')]);
    expect(outcomes(held)).toEqual(['waiting ConfigMap/a Terminating', 'failed ConfigMap/b ObjectRefused']);
    expect(messages(held)).toMatch(/held by example\.com\/hold[\s\S]*because it is being terminated/);
    expect(auditEvents(cluster.auditLog, mark).filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'duotel')).toHaveLength(1);
    await must(cluster, ['patch', 'configmap/a', '-n', ns, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
  });
});

describe('an object that is no longer wanted', () => {
  it('stays in the inventory while its deletion is denied, and goes when it is not', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([configMap(ns, 'a'), configMap(ns, 'b')]);
    await enforce(
      cluster,
      denyConfigMaps(ns, 'DELETE', 'nothing is deleted here'),
      async () => (await cluster.kubectl(['delete', 'configmap/b', '-n', ns, '--dry-run=server'])).code !== 0,
    );
    const denied = await set.apply([configMap(ns, 'a')]);
    expect(outcomes(denied)).toEqual(['unchanged ConfigMap/a', 'failed ConfigMap/b PruneFailed']);
    expect(messages(denied)).toContain('nothing is deleted here');
    expect(set.inventory.map(({ name }) => name)).toEqual(['a', 'b']);
    await must(cluster, ['delete', 'validatingadmissionpolicybinding', ns]);
    await eventually('the deletion', async () => outcomes(await set.apply([configMap(ns, 'a')])).length === 1);
    expect(await getObject(cluster, 'configmap/b', ns)).toBeUndefined();
  });

  it('stays while an object that could not be changed still needs it', async () => {
    const { set, ns } = await sets.newSet();
    const uses = (name: string, port: number): KubeObject =>
      workload(ns, 'Deployment', 'w', { configMaps: [name], ...(port > 0 && { spec: { minReadySeconds: -port } }) });
    await set.apply([configMap(ns, 'old'), uses('old', 0)]);
    const failed = await set.apply([configMap(ns, 'new'), uses('new', 1)]);
    expect(outcomes(failed)).toEqual(['created ConfigMap/new', 'failed Deployment/w ObjectRefused', 'retained ConfigMap/old HeldBack']);
    expect(outcomes(await set.apply([configMap(ns, 'new'), uses('new', 0)]))).toContain('deleted ConfigMap/old');
  });

  it('is not deleted after somebody made it anew, or took our label off', async () => {
    const { set, ns } = await sets.newSet();
    await set.apply([configMap(ns, 'a'), configMap(ns, 'anew'), configMap(ns, 'theirs')]);
    await must(cluster, ['delete', 'configmap/anew', '-n', ns]);
    await must(cluster, ['apply', '-f', '-'], JSON.stringify(configMap(ns, 'anew')));
    await must(cluster, ['label', 'configmap/theirs', '-n', ns, 'set-']);
    expect(outcomes(await set.apply([configMap(ns, 'a')]))).toEqual(['unchanged ConfigMap/a']);
    expect(await getObject(cluster, 'configmap/anew', ns)).toBeDefined();
    expect(await getObject(cluster, 'configmap/theirs', ns)).toBeDefined();
  });
});
