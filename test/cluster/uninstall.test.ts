import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import type { KubeApi } from '../../src/kube/kube-api.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { systemClock } from '../../src/kube/system-clock.ts';
import { isInstalled, uninstall } from '../../src/uninstall/uninstall.ts';
import type { UninstallStep } from '../../src/uninstall/uninstall-options.ts';
import { freezeDeployment } from '../support/cluster/admission.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { cli } from '../support/processes/cli.ts';
import { eventually } from '../support/time/eventually.ts';

let api: RestKubeApi;
const cluster = useInstallation({ clientSide: true });

const manifest = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: demo}
spec:
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: app, image: "app:1"}]}}
`;
const deployment = (name: string): Promise<KubeObject | undefined> => getObject<KubeObject>(cluster, `deployment/${name}`, 'demo');
const app = (): Promise<KubeObject | undefined> => deployment('app');
const isInjected = async (name: string): Promise<boolean> =>
  (await deployment(name))?.metadata.annotations?.['duotel.io/injected'] !== undefined;
const template = async (): Promise<unknown> => ((await app())?.['spec'] as { template: unknown } | undefined)?.template;
/** What a complete uninstall, or its rehearsal, says it did. */
async function run(workloads: 'revert' | 'keep', dryRun: boolean, limitMs = 30_000): Promise<readonly UninstallStep[]> {
  const steps: UninstallStep[] = [];
  await uninstall({ api, clock: systemClock, workloads, dryRun, limitMs, onStep: (step) => steps.push(step) });
  return steps;
}

/** The API server, of which somebody deletes a Deployment right before it is patched. */
function deletedBeforePatch(name: string): KubeApi {
  return {
    resourceType: (...args) => api.resourceType(...args),
    get: (...args) => api.get(...args),
    list: (...args) => api.list(...args),
    pages: (...args) => api.pages(...args),
    create: (...args) => api.create(...args),
    delete: (...args) => api.delete(...args),
    watch: (...args) => api.watch(...args),
    getText: (...args) => api.getText(...args),
    patch: async (type, ref, ...rest) => {
      if (type.kind === 'Deployment' && ref.name === name) await api.delete(type, ref);
      return api.patch(type, ref, ...rest);
    },
  };
}

const freeze = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: freezeDeployment('demo', 'frozen', 'token=hunter2') });
/** Tried by a change that is nobody's business but the policy's. */
async function isFrozen(): Promise<boolean> {
  const { stderr } = await cluster.kubectl(['annotate', 'deployment/frozen', '-n', 'demo', '--overwrite', `example.com/try=${Date.now()}`]);
  return stderr.includes('ValidatingAdmissionPolicy');
}

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
});

afterAll(async () => {
  await api?.close();
});

describe('uninstall', () => {
  let before: unknown;

  it('changes nothing as a rehearsal', async () => {
    await must(cluster, ['create', 'namespace', 'demo']);
    await must(cluster, ['apply', '-f', '-'], manifest('app'));
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
    await cluster.stopOperator();
    await expect(run('revert', false, 1000)).rejects.toThrow(/Deployment\/demo\/app: not reverted within 1 s\. Is the operator running\?/);
    expect(await isInstalled(api)).toBe(true);
    await cluster.startOperator();
  });

  it('gives the others back past one that a policy freezes and one that is deleted meanwhile, and deletes nothing', async () => {
    for (const name of ['frozen', 'leaving', 'other']) await must(cluster, ['apply', '-f', '-'], manifest(name));
    for (const name of ['frozen', 'leaving', 'other']) await eventually(`${name} to be injected`, () => isInjected(name));
    await must(cluster, ['apply', '-f', '-'], freeze);
    await eventually('the policy to be in force', isFrozen);
    const steps: UninstallStep[] = [];
    const options = {
      api: deletedBeforePatch('leaving'),
      clock: systemClock,
      dryRun: false,
      onStep: (step: UninstallStep) => steps.push(step),
    };
    await expect(uninstall({ ...options, workloads: 'revert' })).rejects.toThrow(
      /^Deployment\/demo\/frozen: refused, for the reasons given\. Nothing was deleted/,
    );
    const of = (name: string) => steps.filter(({ object }) => object === `Deployment/demo/${name}`);
    expect(of('frozen')).toEqual([
      {
        object: 'Deployment/demo/frozen',
        action: 'failed',
        message: expect.stringMatching(/ValidatingAdmissionPolicy "demo" .*denied.*allow it/),
      },
    ]);
    expect(of('leaving').map(({ action }) => action)).toEqual(['gone']);
    expect(of('other').map(({ action }) => action)).toEqual(['opted out', 'reverted']);
    expect(JSON.stringify(steps)).not.toContain('hunter2');
    expect([await isInjected('frozen'), await isInjected('other'), await isInstalled(api)]).toEqual([true, false, true]);
  });

  it.each([
    ['revert', ['revert', '-n', 'demo', '--yes'], 'done', 'name', 'result'],
    ['uninstall', ['uninstall', '--revert'], 'steps', 'object', 'action'],
  ] as const)('ends with 1 as a command and names what was refused: %s', async (_command, args, list, name, result) => {
    await must(cluster, ['apply', '-f', '-'], manifest('second'));
    await must(cluster, ['annotate', 'deployment/second', '-n', 'demo', '--overwrite', 'duotel.io/backend=both']);
    await eventually('the second to be injected', () => isInjected('second'));
    const { code, stdout } = await cli([...args, '-o', 'json'], { kubeconfig: cluster.kubeconfig });
    const rows = (JSON.parse(stdout) as Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>)[list] ?? [];
    const failed = rows.filter((row) => row[result] === 'failed');
    expect([code, failed.map((row) => row[name])]).toEqual([1, ['Deployment/demo/frozen']]);
    expect(failed[0]?.['message']).toMatch(/ValidatingAdmissionPolicy "demo"/);
    expect(rows.some((row) => row[name] === 'Deployment/demo/second' && row[result] === 'reverted')).toBe(true);
    expect(await isInstalled(api)).toBe(true);
  });

  it('goes through when the policy is gone', async () => {
    await must(cluster, ['delete', '-f', '-'], freeze);
    await eventually('the policy to be gone', async () => !(await isFrozen()));
    await must(cluster, ['annotate', 'namespace/demo', '--overwrite', 'duotel.io/backend=both']);
    await eventually(
      'the app to be opted out as before',
      async () => (await app())?.metadata.annotations?.['duotel.io/injected'] === undefined,
    );
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
  });
});
