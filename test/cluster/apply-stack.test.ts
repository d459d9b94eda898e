import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Condition } from '../../api/condition.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import type { StackStatus } from '../../api/stack-status.ts';
import { auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { writesSince } from '../support/cluster/operator-writes.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation({ settings: 'operator: {features: [scaleOut]}', clientSide: true });

type Stack = KubeObject & { readonly status?: Partial<StackStatus> };
const patchStack = (patch: object): Promise<string> =>
  must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', JSON.stringify(patch)]);
const stack = (): Promise<Stack | undefined> => getObject<Stack>(cluster, 'tstack/duotel');
const condition = async (type: Condition['type']): Promise<Condition | undefined> =>
  (await stack())?.status?.conditions?.find((one) => one.type === type);
const collector = (): Promise<KubeObject | undefined> => getObject<KubeObject>(cluster, 'statefulset/duotel-collector');
const makeStack = (spec: object = {}): Promise<string> =>
  must(
    cluster,
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'duotel', namespace: 'duotel' }, spec }),
  );
/** A pass over the whole spec has ended. */
const handled = (): Promise<unknown> =>
  eventually('the spec to be applied', async () => {
    const { metadata, status } = (await stack()) ?? {};
    return status?.lastAppliedGeneration === metadata?.generation;
  });

beforeAll(async () => {
  await eventually('the stack', stack);
  await handled();
});

beforeEach(async () => {
  await makeStack();
  await handled();
});

describe('the status of a stack', () => {
  it('names the digest of what was applied, and is written by a manager of its own', async () => {
    const { metadata, status } = (await stack()) ?? {};
    expect(status?.lastAppliedDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const holders = (metadata?.managedFields ?? []).filter(({ subresource }) => subresource === 'status').map(({ manager }) => manager);
    expect([...new Set(holders)]).toEqual(['duotel-status']);
  });

  it('echoes an on-demand reconcile, which tries everything and writes nothing else', async () => {
    const mark = auditMark(cluster.auditLog);
    await must(cluster, ['annotate', '--overwrite', 'tstack/duotel', '-n', 'duotel', 'duotel.io/reconcile-at=noon']);
    await eventually('the echo', async () => (await stack())?.status?.lastHandledReconcileAt === 'noon');
    await eventually('its write in the audit log', async () => writesSince(cluster, mark).length > 0);
    await sleep(500);
    expect(writesSince(cluster, mark)).toEqual(['patch telemetrystacks/status duotel/duotel']);
  });

  it('says after the deadline why a component is not ready', async () => {
    const pod = await eventually('the pod', () => getObject<KubeObject>(cluster, 'pod/duotel-jaeger-0'));
    const waiting = {
      name: 'jaeger',
      image: 'x',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff' } },
    };
    const status = JSON.stringify({ status: { containerStatuses: [waiting] } });
    await must(cluster, ['patch', 'pod', pod.metadata.name, '-n', 'duotel', '--subresource=status', '--type=merge', '-p', status]);
    // Not before: where no pod says why, the operator asks again a minute later.
    await patchStack({ spec: { reconcile: { readinessDeadline: '2s' } } });
    const stalled = await eventually('the condition', async () => {
      const found = await condition('Stalled');
      return found?.reason === 'ComponentsFailed' && found.message.includes('ImagePullBackOff') && found;
    });
    expect(stalled.message).toContain('jaeger: not ready for 2 s');
    await patchStack({ spec: { reconcile: { readinessDeadline: '1h' } } });
    await eventually('more patience', async () => (await condition('Stalled'))?.status === 'False');
  });
});

describe('an object under a name of the stack’s that is another tool’s', () => {
  it('is left as it is and named in the status, while the rest of the stack is kept', async () => {
    await must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
    await eventually('its objects to be gone', async () => (await collector()) === undefined);
    const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
    const template = { metadata: { labels: { app: 'theirs' } }, spec: { containers: [{ name: 'theirs', image: 'theirs' }] } };
    const workload = { replicas: 0, selector: { matchLabels: { app: 'theirs' } }, template };
    const theirs = [
      ['v1', 'Service', 'duotel-jaeger', { ports: [{ port: 1 }] }],
      ['apps/v1', 'StatefulSet', 'duotel-prometheus', { ...workload, serviceName: 'theirs' }],
      ['apps/v1', 'Deployment', 'duotel-gateway', workload],
    ] as const;
    for (const [apiVersion, kind, name, spec] of theirs) {
      await eventually(`${kind}/${name} to be gone`, async () => (await getObject(cluster, `${kind}/${name}`)) === undefined);
      await must(
        cluster,
        ['apply', '-f', '-'],
        JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'duotel', labels }, spec }),
      );
    }
    await makeStack({ collector: { gateway: { enabled: true } } });
    const stalled = await eventually('the condition', async () => {
      const found = await condition('Stalled');
      return found?.reason === 'ForeignOwner' && found;
    });
    for (const [, kind, name] of theirs) {
      expect(stalled.message).toContain(`${kind}/duotel/${name}: not taken over: label app.kubernetes.io/managed-by is Helm`);
      expect((await getObject<KubeObject>(cluster, `${kind}/${name}`))?.metadata.labels).toEqual(labels);
    }
    expect(await collector()).toBeDefined();
    expect(await getObject(cluster, 'statefulset/duotel-jaeger')).toBeUndefined();
    for (const [, kind, name] of theirs) await must(cluster, ['delete', `${kind}/${name}`, '-n', 'duotel']);
    await must(cluster, ['annotate', '--overwrite', 'tstack/duotel', '-n', 'duotel', 'duotel.io/reconcile-at=now']);
    await eventually('Jaeger', () => getObject(cluster, 'statefulset/duotel-jaeger'));
    await handled();
  });
});

describe('the objects of a stack that is deleted', () => {
  let logged = 0;
  const deleteStack = (): Promise<string> => {
    logged = cluster.operator.log.length;
    return must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
  };
  /** The operator has judged what the stack has left. */
  const noticed = (): Promise<unknown> =>
    eventually('the operator to find the stack gone', async () =>
      cluster.operator.log.slice(logged).some(({ message }) => /^stack is (gone|not in the cache)/.test(`${message}`)),
    );
  /** The operator that finds the stack gone, and one that never saw it, do the same. */
  const expectKept = async (): Promise<void> => {
    const uid = (await collector())?.metadata.uid;
    expect(uid).toBeDefined();
    await noticed();
    await sleep(1500);
    await cluster.startOperator();
    logged = 0;
    await noticed();
    await sleep(1500);
    expect((await collector())?.metadata.uid).toBe(uid);
  };

  it('outlive it when its policy is to orphan them, whoever finds it gone, and are taken up by the next', async () => {
    await patchStack({ spec: { reconcile: { deletion: 'Orphan' } } });
    await handled();
    await deleteStack();
    await expectKept();
    const uid = (await collector())?.metadata.uid;
    await makeStack();
    await handled();
    expect((await collector())?.metadata.uid).toBe(uid);
    expect(await getObject(cluster, 'configmap/duotel-kept-when-deleted')).toBeUndefined();
  });

  it('outlive it when it was suspended', async () => {
    await patchStack({ spec: { suspend: true } });
    await eventually('the condition', async () => (await condition('Ready'))?.reason === 'Suspended');
    await deleteStack();
    await expectKept();
  });

  it('outlive it when the policy was set and the stack deleted at once', async () => {
    await patchStack({ spec: { reconcile: { deletion: 'Orphan' } } });
    await deleteStack();
    await expectKept();
  });

  it('are deleted with it otherwise, but for those that are marked to stay', async () => {
    await must(cluster, ['annotate', 'service/duotel-jaeger', '-n', 'duotel', 'duotel.io/prune=disabled']);
    await deleteStack();
    const left = (): Promise<string> =>
      must(cluster, [
        'get',
        'statefulsets,services,serviceaccounts,networkpolicies',
        '-n',
        'duotel',
        '-l',
        'duotel.io/stack',
        '-o',
        'name',
      ]);
    await eventually('the rest to be gone', async () => (await left()).trim() === 'service/duotel-jaeger');
    await sleep(1000);
    expect(await getObject(cluster, 'service/duotel-jaeger')).toBeDefined();
  });
});
