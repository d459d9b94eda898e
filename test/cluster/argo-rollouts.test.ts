import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { createRolloutCrd } from '../support/cluster/argo-crd.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

/** Argo Rollouts' custom resource on a real API server; its controller is not needed for what is said here. */

const cluster = useInstallation({ namespaces: ['shop'] });

const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: my-rag, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: my-rag}}
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}]}}
  template:
    metadata: {labels: {app: my-rag}}
    spec:
      containers:
        - {name: app, image: "app:1", env: [{name: KEEP, value: me}], unknownField: {kept: true}}
        - {name: istio-proxy, image: "proxy:1"}
`;
const rollout = async (name = 'my-rag'): Promise<KubeObject | undefined> =>
  getObject<KubeObject>(cluster, `rollouts.argoproj.io/${name}`, 'shop');
const spec = async (): Promise<unknown> => (await rollout())?.['spec'];
const status = async (name = 'my-rag'): Promise<string> => (await rollout(name))?.metadata.annotations?.['duotel.io/status'] ?? '';
const annotate = (name: string, ...annotations: readonly string[]): Promise<string> =>
  must(cluster, ['annotate', '--overwrite', `rollouts.argoproj.io/${name}`, '-n', 'shop', ...annotations]);
const troubles = (): readonly unknown[] => cluster.operator.log.filter(({ level }) => level === 'error' || level === 'fatal');

describe('a Rollout', () => {
  it('is injected, though its CRD came after the operator, and nothing else in it is changed', async () => {
    await createRolloutCrd(cluster);
    await must(cluster, ['apply', '-f', '-'], ROLLOUT);
    const before = (await spec()) as { template: { spec: { containers: { env: object[] }[] } } };
    await annotate('my-rag', 'duotel.io/backend=both');
    await eventually('it to be injected', async () => (await status()) === 'Injected both');
    const after = (await spec()) as typeof before;
    const env = after.template.spec.containers[0]?.env ?? [];
    expect(env.map((item) => (item as { name: string }).name)).toEqual(expect.arrayContaining(['OBSERVABILITY_BACKEND', 'KEEP']));
    const { env: _env, volumeMounts: _mounts, ...app } = after.template.spec.containers[0] as Record<string, unknown>;
    const { env: _before, ...appBefore } = before.template.spec.containers[0] as Record<string, unknown>;
    expect(app).toEqual(appBefore);
    expect(after.template.spec.containers[1]).toEqual(before.template.spec.containers[1]);
    expect({ ...after, template: undefined }).toEqual({ ...before, template: undefined });
    await eventually('nothing to be ours', async () => !JSON.stringify((await rollout())?.metadata.managedFields).includes('"duotel"'));
  });

  it('gets back what somebody took away, and is what it was when the annotation is gone', async () => {
    const env = '[{"op":"remove","path":"/spec/template/spec/containers/0/env"}]';
    await must(cluster, ['patch', 'rollouts.argoproj.io/my-rag', '-n', 'shop', '--type=json', '-p', env]);
    await eventually('it to be back', async () => JSON.stringify(await spec()).includes('OBSERVABILITY_BACKEND'));
    await must(cluster, ['delete', 'rollouts.argoproj.io/my-rag', '-n', 'shop']);
    await must(cluster, ['apply', '-f', '-'], ROLLOUT);
    const before = await spec();
    await annotate('my-rag', 'duotel.io/backend=both', 'duotel.io/bootstrap=python');
    await eventually('it to be injected', async () => (await status()) === 'Injected both');
    await annotate('my-rag', 'duotel.io/backend-');
    await eventually('it to be as before', async () => JSON.stringify(await spec()) === JSON.stringify(before));
  });

  it('with a workloadRef is told apart: its Deployment is the one to annotate', async () => {
    const text = ROLLOUT.slice(0, ROLLOUT.indexOf('  template:')).replace('my-rag, namespace', 'by-ref, namespace');
    await must(cluster, ['apply', '-f', '-'], `${text}  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: my-app}\n`);
    await annotate('by-ref', 'duotel.io/backend=both');
    await eventually('the reason', async () => (await status('by-ref')).startsWith('Blocked UnsupportedKind: '));
    expect(await status('by-ref')).toContain('Deployment my-app (spec.workloadRef): annotate that one');
  });

  it('may lose its CRD, and is injected again when that is back', async () => {
    await must(cluster, ['delete', 'crd/rollouts.argoproj.io']);
    await eventually('the end of the watch', async () =>
      cluster.operator.log.some(({ message }) => `${message}`.startsWith('kind is no longer served')),
    );
    await sleep(1000);
    await createRolloutCrd(cluster);
    await must(cluster, ['apply', '-f', '-'], ROLLOUT);
    await annotate('my-rag', 'duotel.io/backend=openlit');
    await eventually('it to be injected', async () => (await status()) === 'Injected openlit');
    expect(troubles()).toEqual([]);
  });
});
