import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { appsIn, type LiveApp } from '../support/cluster/apps.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { podsOf, sayCrashed, sayReady } from '../support/cluster/pods.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

/** Pace and automatic rollback, with real ReplicaSets and pods; the kubelet's part is written by the test. */

const NAMESPACE = 'busy';
const cluster = useInstallation({ namespaces: [NAMESPACE] });

const { annotate, becomesReady, crashes, events, get, isInjected, kubectl, newPods, statusLine } = appsIn(cluster, NAMESPACE);
const currentReplicaSet = async (name: string): Promise<string> => {
  const { items } = JSON.parse(await kubectl('get', 'rs', '-l', `app=${name}`, '-o', 'json')) as { items: KubeObject[] };
  const revision = 'deployment.kubernetes.io/revision';
  const wanted = (await get(name)).metadata.annotations?.[revision];
  return items.find(({ metadata }) => metadata.annotations?.[revision] === wanted)?.metadata.name ?? '';
};

/** A Deployment whose pods are all available. */
async function healthy(name: string): Promise<LiveApp> {
  await must(
    cluster,
    ['apply', '-f', '-'],
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${NAMESPACE}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: 10m}}}]}
`,
  );
  return becomesReady(name);
}

describe('workloads with available pods', () => {
  const names = ['one', 'two', 'three', 'four'];
  const injected = async (): Promise<readonly string[]> => {
    const found = await Promise.all(names.map(async (name) => ((await isInjected(name)) ? [name] : [])));
    return found.flat();
  };

  it('roll out in one namespace no more at once than the settings allow, the rest when there is a place', async () => {
    const patch = { spec: { injection: { maxConcurrentRolloutsPerNamespace: 2 } } };
    await must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', JSON.stringify(patch)]);
    for (const name of names) await healthy(name);
    const mark = auditMark(cluster.auditLog);
    await kubectl('annotate', 'deployment', ...names, 'duotel.io/backend=both');
    await eventually('two to be injected', async () => (await injected()).length === 2);
    await sleep(2000);
    const first = await injected();
    expect(first).toHaveLength(2);
    for (const name of first) await becomesReady(name);
    await eventually('the others to follow', async () => (await injected()).length === 4);
    for (const name of names) await becomesReady(name);
    const writes = () =>
      auditEvents(cluster.auditLog, mark).filter(
        ({ userAgent, resource, verb, code }) => userAgent === 'duotel' && resource === 'deployments' && verb === 'patch' && code < 300,
      );
    await eventually('two writes of each', async () => writes().length >= 8);
    expect(writes()).toHaveLength(8);
  });

  it('say why they wait when it takes long', async () => {
    await annotate('one', 'duotel.io/backend=openlit');
    await annotate('two', 'duotel.io/backend=openlit');
    await eventually(
      'two to be changed',
      async () => (await statusLine('one')) + (await statusLine('two')) === 'Injected openlitInjected openlit',
    );
    await annotate('three', 'duotel.io/backend=openlit');
    await eventually('the reason', async () => (await statusLine('three')).startsWith('Pending WaitingInQueue: 2 workloads'));
    await becomesReady('one');
    await eventually('three to be changed', async () => (await statusLine('three')) === 'Injected openlit');
    for (const name of names) await becomesReady(name);
  });

  it('are not injected while a rollout of their owner is under way, but after it', async () => {
    await healthy('rolling');
    await kubectl('set', 'image', 'deployment/rolling', 'app=app:2');
    await eventually('the rollout to begin', async () => ((await get('rolling')).status.replicas ?? 0) > 1);
    await annotate('rolling', 'duotel.io/backend=both');
    await sleep(3000);
    expect(await isInjected('rolling')).toBe(false);
    await becomesReady('rolling');
    await eventually('it to be injected', () => isInjected('rolling'));
    await becomesReady('rolling');
  });

  it('keep replicas, resources and budgets that others set meanwhile', async () => {
    await healthy('scaled');
    await must(cluster, ['create', 'poddisruptionbudget', 'scaled', '-n', NAMESPACE, '--selector=app=scaled', '--min-available=1']);
    const budget = (): Promise<string> => kubectl('get', 'pdb/scaled', '-o', 'jsonpath={.spec}');
    const before = await budget();
    await annotate('scaled', 'duotel.io/backend=both');
    await eventually('it to be injected', () => isInjected('scaled'));
    await becomesReady('scaled');
    await kubectl('scale', 'deployment/scaled', '--replicas=3');
    await kubectl('set', 'resources', 'deployment/scaled', '--requests=cpu=20m');
    await becomesReady('scaled');
    await annotate('scaled', 'duotel.io/backend=openlit');
    await eventually('the new mode', async () => (await statusLine('scaled')) === 'Injected openlit');
    const { spec } = await get('scaled');
    expect([spec.replicas, JSON.stringify(spec.template).includes('"cpu":"20m"'), await budget()]).toEqual([3, true, before]);
    await becomesReady('scaled');
  });
});

describe('an injection whose pods fail where the former ones were available', () => {
  it('is taken back once, and says what failed', async () => {
    const before = await healthy('broken');
    const replicaSet = await currentReplicaSet('broken');
    await crashes('broken');
    await eventually('it to be rolled back', async () => !(await isInjected('broken')));
    expect((await get('broken')).spec.template).toEqual(before.spec.template);
    expect(await statusLine('broken')).toBe('Blocked RolledBack: container app crashed 2 times: Error, exit code 1');
    const told = await eventually('the event', async () => {
      const text = await events('broken');
      return text.includes('RolledBack: ') && text;
    });
    expect(told).toContain('RolledBack: container app crashed 2 times: Error, exit code 1');
    await eventually('its former ReplicaSet', async () => (await currentReplicaSet('broken')) === replicaSet);
    await eventually('the count', async () => {
      const { status } = (await getObject<KubeObject & { status?: { workloads?: { blocked?: number } } }>(cluster, 'tstack/duotel')) ?? {};
      if (status?.workloads?.blocked !== 1) throw new Error(JSON.stringify(status?.workloads));
      return true;
    });
  });

  it('is not tried again, also not by a new process', async () => {
    await cluster.startOperator();
    await sleep(2000);
    expect(await isInjected('broken')).toBe(false);
  });

  it('is tried again when an annotation asks for something else', async () => {
    await annotate('broken', 'duotel.io/backend=openlit');
    await eventually('it to be injected', () => isInjected('broken'));
    expect((await get('broken')).metadata.annotations?.['duotel.io/rolled-back']).toBeUndefined();
    await annotate('broken', 'duotel.io/backend-');
    await eventually('it to be reverted', async () => !(await isInjected('broken')));
  });

  it('is taken back by a process that was not there when it began', async () => {
    await healthy('orphan');
    await annotate('orphan', 'duotel.io/backend=both');
    await eventually('new pods', async () => (await newPods('orphan')).length > 0);
    await cluster.stopOperator();
    await sayCrashed(cluster, await newPods('orphan'));
    await cluster.startOperator();
    await eventually('it to be rolled back', async () => (await statusLine('orphan')).startsWith('Blocked RolledBack'));
  });

  it('stays when they had failed before it as well', async () => {
    await healthy('sick');
    await kubectl('set', 'image', 'deployment/sick', 'app=app:broken');
    await eventually('the rollout to begin', async () => ((await get('sick')).status.replicas ?? 0) > 1);
    await becomesReady('sick');
    await sayCrashed(cluster, await podsOf(cluster, NAMESPACE, 'sick'));
    await eventually('it to be unavailable', async () => ((await get('sick')).status.availableReplicas ?? 0) === 0);
    await crashes('sick');
    await sleep(8000);
    expect([await isInjected('sick'), await statusLine('sick')]).toEqual([true, 'Injected both']);
  });

  it('is taken back when they fail soon after it was through, as a container without readiness probe does', async () => {
    await healthy('soon');
    await annotate('soon', 'duotel.io/backend=both');
    await eventually('it to be injected', () => isInjected('soon'));
    await becomesReady('soon');
    await sleep(1000);
    await sayCrashed(cluster, await newPods('soon'));
    await eventually('it to be taken back', async () => !(await isInjected('soon')));
    expect(await statusLine('soon')).toMatch(/^Blocked RolledBack: container \w+ crashed/);
  });

  it('stays when they fail long after it was through', async () => {
    const deadline = (text: string) => JSON.stringify({ spec: { injection: { autoRollback: { deadline: text } } } });
    await must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', deadline('30s')]);
    await healthy('later');
    await annotate('later', 'duotel.io/backend=both');
    await eventually('it to be injected', () => isInjected('later'));
    await becomesReady('later');
    // The operator answers for 90 s, but never for longer than the deadline, from when it sees the rollout through.
    await sleep(45_000);
    await sayCrashed(cluster, await newPods('later'));
    await sleep(8000);
    expect(await isInjected('later')).toBe(true);
    await must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', deadline('10m')]);
  });

  it('stays when the settings say so', async () => {
    const patch = { spec: { injection: { autoRollback: { enabled: false } } } };
    await must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', JSON.stringify(patch)]);
    await healthy('wanted');
    await crashes('wanted');
    await sleep(8000);
    expect(await isInjected('wanted')).toBe(true);
  });

  it('needed no right that the operator does not have', () => {
    const refused = auditEvents(cluster.auditLog).filter(({ userAgent, code }) => userAgent === 'duotel' && code === 403);
    expect(refused).toEqual([]);
  });
});

describe('a StatefulSet that makes its pods in order', () => {
  interface StatefulSet extends KubeObject {
    readonly status: { readonly availableReplicas?: number; readonly currentRevision?: string; readonly updateRevision?: string };
  }
  const set = async (): Promise<StatefulSet | undefined> => getObject<StatefulSet>(cluster, 'statefulset/db', NAMESPACE);
  const available = (count: number): Promise<boolean> =>
    eventually(`${count} available pods`, async () => {
      await sayReady(cluster, NAMESPACE, 'db');
      return (await set())?.status.availableReplicas === count;
    });

  it('has all its pods again after an injection that made one crash, and only that one was deleted', async () => {
    await must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', '{"spec":{"injection":null}}']);
    const template = '{metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: "app:1"}]}}';
    const spec = `{replicas: 2, serviceName: db, selector: {matchLabels: {app: db}}, template: ${template}}`;
    const manifest = `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: ${NAMESPACE}}, spec: ${spec}}`;
    await must(cluster, ['apply', '-f', '-'], manifest);
    await available(2);
    const before = (await podsOf(cluster, NAMESPACE, 'db')).map(({ metadata }) => metadata.uid);
    const revision = (await set())?.status.currentRevision;
    const mark = auditMark(cluster.auditLog);
    await kubectl('annotate', 'statefulset/db', 'duotel.io/backend=both');
    const [broken] = await eventually('an injected pod', async () => (await newPods('db')).length > 0 && newPods('db'));
    expect(broken?.metadata.name).toBe('db-1');
    await sayCrashed(cluster, await newPods('db'));
    await eventually('the pod to be made anew', async () => (await newPods('db')).length === 0);
    await eventually('both pods', async () => (await podsOf(cluster, NAMESPACE, 'db')).length === 2);
    await available(2);
    await eventually('the status', async () => (await set())?.metadata.annotations?.['duotel.io/status']?.includes('db-1 is deleted'));
    expect((await set())?.metadata.annotations?.['duotel.io/status']).toMatch(/^Blocked RolledBack: .*; pod db-1 is deleted/);
    const { status } = await eventually('the former revision', async () => {
      const live = await set();
      return live?.status.updateRevision === revision && live?.status.currentRevision === revision && live;
    });
    expect(status).toMatchObject({ currentRevision: revision, updateRevision: revision });
    const deleted = () =>
      auditEvents(cluster.auditLog, mark).filter(
        ({ userAgent, resource, verb }) => userAgent === 'duotel' && resource === 'pods' && verb === 'delete',
      );
    await eventually('the deletion in the audit log', async () => deleted().length > 0);
    expect(deleted().map(({ name }) => name)).toEqual(['db-1']);
    const after = (await podsOf(cluster, NAMESPACE, 'db')).map(({ metadata }) => metadata.uid);
    expect(after.filter((uid) => before.includes(uid))).toHaveLength(1);
    expect(after).not.toContain(broken?.metadata.uid);
  });
});
