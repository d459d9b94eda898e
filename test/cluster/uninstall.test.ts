import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { systemClock } from '../../src/kube/system-clock.ts';
import { isInstalled, type Step, uninstall } from '../../src/uninstall/uninstall.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must, type RunningOperator, startOperator, synthesize } from '../support/cluster/installation.ts';
import { eventually } from '../support/time/eventually.ts';

let cluster: ControlPlane;
let operator: RunningOperator;
let api: RestKubeApi;
const { dist, remove } = synthesize();

const APP = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: demo}
spec:
  selector: {matchLabels: {app: x}}
  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: app, image: "app:1"}]}}
`;
const app = async (): Promise<KubeObject | undefined> => getObject<KubeObject>(cluster, 'deployment/app', 'demo');
const template = async (): Promise<unknown> => ((await app())?.['spec'] as { template: unknown } | undefined)?.template;
/** What a complete uninstall, or its rehearsal, says it did. */
async function run(workloads: 'revert' | 'keep', dryRun: boolean, limitMs = 30_000): Promise<readonly Step[]> {
  const steps: Step[] = [];
  await uninstall({ api, clock: systemClock, workloads, dryRun, limitMs, onStep: (step) => steps.push(step) });
  return steps;
}

beforeAll(async () => {
  cluster = await startControlPlane({ audit: true });
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  await must(cluster, ['apply', '-f', dist]);
  operator = await startOperator(cluster);
});

afterAll(async () => {
  await operator?.stop();
  await api?.close();
  await cluster?.stop();
  remove();
});

describe('uninstall', () => {
  let before: unknown;

  it('changes nothing as a rehearsal', async () => {
    await must(cluster, ['create', 'namespace', 'demo']);
    await must(cluster, ['apply', '-f', '-'], APP);
    before = await template();
    await must(cluster, ['annotate', 'namespace/demo', 'duotel.io/backend=both']);
    await must(cluster, ['annotate', 'deployment/app', '-n', 'demo', 'duotel.io/bootstrap=python']);
    await eventually('the app to be injected', async () => (await app())?.metadata.annotations?.['duotel.io/injected']?.includes('python'));
    const mark = auditMark(cluster.auditLog);
    const steps = await run('revert', true);
    expect(steps).toContainEqual({ object: 'Namespace/duotel', action: 'deleted' });
    const writes = auditEvents(cluster.auditLog, mark).filter(
      ({ user, userAgent, verb }) =>
        userAgent === 'duotel' && !user.startsWith('system:serviceaccount:') && !['get', 'list', 'watch'].includes(verb),
    );
    expect(writes).toEqual([]);
  });

  it('deletes nothing while a workload cannot be reverted', async () => {
    await operator.stop();
    await expect(run('revert', false, 1000)).rejects.toThrow(/Deployment\/demo\/app: not reverted within 1 s\. Is the operator running\?/);
    expect(await isInstalled(api)).toBe(true);
    operator = await startOperator(cluster);
  });

  it('leaves nothing behind', async () => {
    const steps = await run('revert', false, 120_000);
    expect(steps.at(-1)).toEqual({ object: 'Namespace/duotel', action: 'deleted' });
    expect(await template()).toEqual(before);
    expect(await isInstalled(api)).toBe(false);
    const left = await must(cluster, ['get', 'clusterroles,clusterrolebindings,crds,namespaces', '-o', 'name']);
    expect(left.split('\n').filter((name) => name.includes('duotel'))).toEqual([]);
    expect(await must(cluster, ['get', 'configmaps', '-A', '-l', 'app.kubernetes.io/managed-by=duotel', '-o', 'name'])).toBe('');
    const annotations = JSON.stringify([
      (await app())?.metadata.annotations,
      (await getObject<KubeObject>(cluster, 'namespace/demo'))?.metadata.annotations,
    ]);
    expect(annotations).not.toContain('duotel.io/');
  }, 300_000);
});
