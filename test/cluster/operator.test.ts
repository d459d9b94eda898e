import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import type { StackStatus } from '../../api/stack-status.ts';
import { auditEvents, auditMark, line } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { settled, writesSince } from '../support/cluster/operator-writes.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation({ until: 'cluster' });

const patchStack = (patch: string): Promise<string> =>
  must(cluster, ['patch', 'tstack/duotel', '-n', 'duotel', '--type=merge', '-p', patch]);
const stackStatus = async (): Promise<Partial<StackStatus>> =>
  (await getObject<KubeObject & { status?: Partial<StackStatus> }>(cluster, 'tstack/duotel'))?.status ?? {};
const inventory = async (): Promise<NonNullable<StackStatus['inventory']>> => (await stackStatus()).inventory ?? [];
describe('an empty cluster', () => {
  it('takes kubectl apply -f dist at the first run', async () => {
    expect(await must(cluster, ['apply', '-f', cluster.dist])).toContain(
      'customresourcedefinition.apiextensions.k8s.io/telemetrystacks.duotel.io created',
    );
  });

  it('finds all of it unchanged right after', async () => {
    const lines = (await must(cluster, ['apply', '-f', cluster.dist])).trim().split('\n');
    expect(lines.filter((one) => !one.endsWith(' unchanged'))).toEqual([]);
  });

  it('gets its TelemetryStack from the operator, which adopts what is there without a write', async () => {
    const mark = auditMark(cluster.auditLog);
    await cluster.startOperator();
    const wanted = [
      'create secrets duotel/duotel-grafana-admin',
      'patch configmaps duotel/duotel-default-stack',
      'patch telemetrystacks duotel/duotel',
      'patch telemetrystacks/status duotel/duotel',
    ];
    await eventually('an inventory', async () => (await inventory()).length > 10);
    await eventually('each of its writes', async () => wanted.every((one) => writesSince(cluster, mark).includes(one)));
    await settled(cluster);
    expect([...new Set(writesSince(cluster, mark))].sort()).toEqual(wanted);
    // `dist` is written as the API server stores it: there is nothing to ask about either.
    const asked = auditEvents(cluster.auditLog, mark).filter(({ userAgent, isDryRun }) => userAgent === 'duotel' && isDryRun);
    expect(asked.map(line)).toEqual([]);
  });

  it('sees no write of the operator after that', async () => {
    const mark = auditMark(cluster.auditLog);
    await sleep(10_000);
    expect(writesSince(cluster, mark)).toEqual([]);
  });
});

describe('the stack', () => {
  it('is repaired within 5 s when any of its objects is deleted', async () => {
    for (const { kind, name, uid } of await inventory()) {
      await must(cluster, ['delete', kind, name, '--namespace', 'duotel', '--wait=false']);
      await eventually(
        `${kind}/${name} to be there again`,
        async () => {
          const now = (await getObject<KubeObject>(cluster, `${kind}/${name}`))?.metadata;
          return now !== undefined && now.uid !== uid && now.deletionTimestamp === undefined;
        },
        5,
      );
    }
    await settled(cluster);
  });

  it('is repaired within 5 s when any of its objects loses our labels', async () => {
    for (const { kind, name } of await inventory()) {
      await must(cluster, ['label', kind, name, '--namespace', 'duotel', 'duotel.io/stack-']);
      await eventually(
        `${kind}/${name} to carry its label`,
        async () => (await getObject<KubeObject>(cluster, `${kind}/${name}`))?.metadata.labels?.['duotel.io/stack'] === 'duotel',
        5,
      );
    }
  });

  it('gets an edited field back', async () => {
    await must(cluster, [
      'patch',
      'statefulset/duotel-collector',
      '-n',
      'duotel',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"collector","image":"other:1"}]}}}}',
    ]);
    await eventually(
      'the image to be ours again',
      async () => !JSON.stringify((await getObject<KubeObject>(cluster, 'statefulset/duotel-collector'))?.['spec']).includes('other:1'),
    );
  });

  it('changes in exactly one object when the collector gets another memory limit', async () => {
    await settled(cluster);
    const mark = auditMark(cluster.auditLog);
    await patchStack('{"spec":{"collector":{"resources":{"limits":{"memory":"1536Mi"}}}}}');
    await eventually('the new limit', async () =>
      JSON.stringify((await getObject<KubeObject>(cluster, 'statefulset/duotel-collector'))?.['spec']).includes('1536Mi'),
    );
    await settled(cluster);
    const objects = writesSince(cluster, mark).filter((one) => !one.includes('telemetrystacks'));
    expect([...new Set(objects)]).toEqual(['patch statefulsets duotel/duotel-collector']);
  });

  it('loses a field that its spec no longer sets', async () => {
    const limits = async (): Promise<string> =>
      JSON.stringify((await getObject<KubeObject>(cluster, 'statefulset/duotel-prometheus'))?.['spec']);
    const set = (cpu: string): Promise<string> => patchStack(`{"spec":{"prometheus":{"resources":{"limits":{"cpu":${cpu}}}}}}`);
    await set('"1750m"');
    await eventually('the limit', async () => (await limits()).includes('1750m'));
    await set('null');
    await eventually('the limit to be gone', async () => !(await limits()).includes('1750m'));
  });

  it('loses what its spec no longer wants, and gets it back', async () => {
    await patchStack('{"spec":{"grafana":{"mode":"none"}}}');
    await eventually('Grafana to be gone', async () => (await getObject(cluster, 'statefulset/duotel-grafana')) === undefined);
    // The status comes when all is done.
    await eventually(
      'it to be gone from the inventory',
      async () => !(await inventory()).some(({ kind, name }) => kind === 'StatefulSet' && name === 'duotel-grafana'),
    );
    expect(await getObject(cluster, 'secret/duotel-grafana-admin')).toBeDefined();
    await patchStack('{"spec":{"grafana":{"mode":"managed"}}}');
    await eventually('Grafana to be back', async () => (await getObject(cluster, 'statefulset/duotel-grafana')) !== undefined);
  });

  it('says what to do when its storage is to be changed, which a StatefulSet cannot be', async () => {
    const size = (value: string): Promise<string> => patchStack(`{"spec":{"jaeger":{"storage":{"size":"${value}"}}}}`);
    await size('20Gi');
    const message = await eventually('the condition', async () => {
      const conditions = (await stackStatus()).conditions ?? [];
      return conditions.find(({ status, type, reason }) => type === 'Stalled' && status === 'True' && reason === 'Immutable')?.message;
    });
    expect(message).toContain('kubectl delete statefulset duotel-jaeger -n duotel --cascade=orphan');
    await must(cluster, ['delete', 'statefulset', 'duotel-jaeger', '-n', 'duotel', '--cascade=orphan']);
    await eventually('the new size', async () =>
      JSON.stringify((await getObject<KubeObject>(cluster, 'statefulset/duotel-jaeger'))?.['spec']).includes('20Gi'),
    );
    await eventually('the condition to go', async () =>
      (await stackStatus()).conditions?.some(({ status, type }) => type === 'Stalled' && status === 'False'),
    );
  });

  it('keeps the password it has', async () => {
    const password = async (): Promise<string> =>
      JSON.stringify((await getObject<KubeObject>(cluster, 'secret/duotel-grafana-admin'))?.['data']);
    const before = await password();
    await must(cluster, ['annotate', 'tstack/duotel', '-n', 'duotel', 'touched=yes']);
    await settled(cluster);
    expect(await password()).toBe(before);
  });

  it('is left alone while it is suspended', async () => {
    await patchStack('{"spec":{"suspend":true}}');
    await eventually('the condition', async () => (await stackStatus()).conditions?.some(({ reason }) => reason === 'Suspended'));
    await must(cluster, ['delete', 'service/duotel-jaeger', '-n', 'duotel']);
    await sleep(2000);
    expect(await getObject(cluster, 'service/duotel-jaeger')).toBeUndefined();
    await patchStack('{"spec":{"suspend":false}}');
    await eventually('the Service to be back', async () => (await getObject(cluster, 'service/duotel-jaeger')) !== undefined);
  });

  it('is refused outside the namespace of the operator, with what to do', async () => {
    await must(
      cluster,
      ['apply', '-f', '-'],
      'apiVersion: duotel.io/v1alpha1\nkind: TelemetryStack\nmetadata: {name: other, namespace: default}\n',
    );
    const message = await eventually('the condition', async () => {
      const found = await getObject<KubeObject & { status?: Partial<StackStatus> }>(cluster, 'tstack/other', 'default');
      return found?.status?.conditions?.find(({ type }) => type === 'Stalled')?.message;
    });
    expect(message).toContain('metadata.namespace is default, expected duotel');
    await must(cluster, ['delete', 'tstack/other', '-n', 'default']);
  });

  it('is not resurrected after somebody deleted it, and takes its objects along', async () => {
    await must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
    await eventually('its objects to be gone', async () => (await getObject(cluster, 'statefulset/duotel-collector')) === undefined);
    await cluster.startOperator();
    await settled(cluster);
    expect(await getObject(cluster, 'tstack/duotel')).toBeUndefined();
  });

  it('keeps what dist brought when the default TelemetryStack in it cannot be read', async () => {
    await cluster.stopOperator();
    await must(cluster, ['apply', '-f', cluster.dist]);
    const config = ['configmap/duotel-default-stack', '-n', 'duotel'];
    await must(cluster, ['patch', ...config, '--type=merge', '-p', '{"data":{"telemetrystack.yaml":"kind: ["}}']);
    const mark = auditMark(cluster.auditLog);
    await cluster.startOperator();
    await eventually('the log line', async () =>
      cluster.operator.log.some(({ message }) => message === 'default TelemetryStack is not valid and is not made'),
    );
    await settled(cluster);
    expect(writesSince(cluster, mark)).toEqual([]);
    expect(await getObject(cluster, 'statefulset/duotel-collector')).toBeDefined();
  });
});
