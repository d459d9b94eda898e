import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { OPERATOR_USER } from '../../tools/scale/audit-reader.ts';
import { auditEvents } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

/** An operator that may look at two namespaces and its own, by Roles, and whose stack may scale out. */
const SCOPE = ['shop', 'lab'];
const cluster = useInstallation({
  settings: `operator: {scope: {namespaces: [${SCOPE.join(', ')}]}, features: [scaleOut]}\n`,
  namespaces: [...SCOPE, 'outside'],
  operator: { scope: SCOPE },
});

const deploy = (name: string, namespace: string): Promise<string> =>
  must(
    cluster,
    ['apply', '-f', '-'],
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: app, image: "app:1"}]}}}}`,
  );
const isInjected = async (name: string, namespace: string): Promise<boolean> =>
  JSON.stringify((await getObject<KubeObject>(cluster, `deployment/${name}`, namespace))?.['spec']).includes('OBSERVABILITY_BACKEND');

beforeAll(async () => {
  await eventually('the stack', async () => getObject(cluster, 'statefulset/duotel-jaeger'));
});

describe('an operator with a scope', () => {
  it('injects and reverts in each namespace of it, by the annotation of a workload or of the Namespace', async () => {
    await deploy('one', 'shop');
    await must(cluster, ['annotate', 'deployment/one', '-n', 'shop', 'duotel.io/backend=both', 'duotel.io/bootstrap=python']);
    await eventually('the workload to be injected', () => isInjected('one', 'shop'));
    await must(cluster, ['annotate', 'deployment/one', '-n', 'shop', 'duotel.io/backend-']);
    await eventually('the workload to be reverted', async () => !(await isInjected('one', 'shop')));
    await deploy('two', 'lab');
    await must(cluster, ['annotate', 'namespace/lab', 'duotel.io/backend=both']);
    await eventually('the other workload to be injected', () => isInjected('two', 'lab'));
  });

  it('keeps its stack', async () => {
    await must(cluster, ['delete', 'statefulset/duotel-jaeger', '-n', 'duotel']);
    await eventually('the StatefulSet to be back', () => getObject(cluster, 'statefulset/duotel-jaeger'));
  });

  it('sees the Deployments of its stack as they are, and writes one when it differs', async () => {
    await must(cluster, [
      'patch',
      'tstack/duotel',
      '-n',
      'duotel',
      '--type=merge',
      '-p',
      '{"spec":{"collector":{"replicas":2,"gateway":{"enabled":true}}}}',
    ]);
    const made = await eventually('the gateways', () => getObject<KubeObject>(cluster, 'deployment/duotel-gateway'));
    const writes = (): number =>
      auditEvents(cluster.auditLog).filter(
        ({ user, verb, resource, name }) =>
          user === OPERATOR_USER && verb === 'patch' && resource === 'deployments' && name === 'duotel-gateway',
      ).length;
    await eventually('its creation in the audit log', async () => writes() > 0);
    const created = writes();
    await must(cluster, ['label', 'deployment/duotel-gateway', '-n', 'duotel', 'app.kubernetes.io/managed-by-']);
    await eventually(
      'the label to be back',
      async () =>
        (await getObject<KubeObject>(cluster, 'deployment/duotel-gateway'))?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'duotel',
    );
    await eventually('that write in the audit log', async () => writes() > created);
    const before = writes();
    await must(cluster, ['annotate', 'deployment/duotel-gateway', '-n', 'duotel', 'example.com/note=x']);
    await must(cluster, ['annotate', 'tstack/duotel', '-n', 'duotel', 'duotel.io/reconcile-at=1']);
    await eventually(
      'the reconcile',
      async () =>
        (await getObject<{ status?: { lastHandledReconcileAt?: string } }>(cluster, 'tstack/duotel'))?.status?.lastHandledReconcileAt ===
        '1',
    );
    await sleep(3000);
    expect(writes()).toBe(before);
    expect((await getObject<KubeObject>(cluster, 'deployment/duotel-gateway'))?.metadata.uid).toBe(made.metadata.uid);
  });

  it('does nothing outside of it', async () => {
    await deploy('three', 'outside');
    await must(cluster, ['annotate', 'namespace/outside', 'duotel.io/backend=both']);
    await must(cluster, ['annotate', 'deployment/three', '-n', 'outside', 'duotel.io/backend=both']);
    // What is asked for later, and inside.
    await deploy('four', 'lab');
    await eventually('the workload inside to be injected', () => isInjected('four', 'lab'));
    await sleep(3000);
    expect(await isInjected('three', 'outside')).toBe(false);
  });

  it('may do nothing outside of it, and was never refused', async () => {
    const can = async (...what: readonly string[]): Promise<string> =>
      (await cluster.kubectl(['auth', 'can-i', ...what, '--as', OPERATOR_USER])).stdout.trim();
    expect(await can('patch', 'deployments', '-n', 'shop')).toBe('yes');
    for (const what of [
      ['patch', 'deployments', '-n', 'outside'],
      ['list', 'deployments', '--all-namespaces'],
      ['list', 'pods', '-n', 'outside'],
      ['list', 'configmaps', '--all-namespaces'],
      ['list', 'namespaces'],
      ['patch', 'daemonsets', '-n', 'duotel'],
      ['list', 'secrets', '-n', 'shop'],
    ]) {
      expect([what.join(' '), await can(...what)]).toEqual([what.join(' '), 'no']);
    }
    const refused = auditEvents(cluster.auditLog).filter(({ user, code }) => user === OPERATOR_USER && code === 403);
    expect(refused).toEqual([]);
  });

  it('serves the rest while one namespace of it is gone, after a restart too, and that one when it is back with its Role', async () => {
    await must(cluster, ['delete', 'namespace', 'lab', '--wait']);
    await deploy('five', 'shop');
    await must(cluster, ['annotate', 'deployment/five', '-n', 'shop', 'duotel.io/backend=both']);
    await eventually('the workload to be injected', () => isInjected('five', 'shop'));
    const injected = async (): Promise<unknown> =>
      (await getObject<{ status?: { workloads?: { injected?: number } } }>(cluster, 'tstack/duotel'))?.status?.workloads?.injected;
    await eventually('only workloads that are there to be counted', async () => (await injected()) === 1);

    await cluster.startOperator();
    await deploy('six', 'shop');
    await must(cluster, ['annotate', 'deployment/six', '-n', 'shop', 'duotel.io/backend=both']);
    await eventually('the next one to be injected', () => isInjected('six', 'shop'));

    await must(cluster, ['create', 'namespace', 'lab']);
    await must(cluster, ['apply', '-f', cluster.dist]);
    await deploy('seven', 'lab');
    await must(cluster, ['annotate', 'deployment/seven', '-n', 'lab', 'duotel.io/backend=both']);
    await eventually('the workload of the new namespace to be injected', () => isInjected('seven', 'lab'));
  });
});
