import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { podTemplate } from '../../src/inject/workload/pod-template.ts';
import type { KubeApi } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { Owner } from '../support/cluster/owner.ts';
import { DEPLOYMENT, Passes } from '../support/cluster/passes.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { OFF } from '../support/workloads/arbitrary-workload.ts';
import { exampleDeployment, withContainers } from '../support/workloads/example-deployment.ts';
import { BOTH, env, names, PYTHON, status, template } from '../support/workloads/settled.ts';

/** What owners do to injected workloads on a real API server, with our decisions carried out by hand: rows of docs/adr/0007. */

const cluster = useControlPlane();
let api: KubeApi;
let passes: Passes;
let owner: Owner;

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  passes = new Passes(api);
  owner = new Owner(cluster, api);
  await cluster.kubectl(['create', 'namespace', 'shop']);
});

describe('the owner of an injected workload', () => {
  it('renames its container by server-side apply, without an error, and it ends injected in the new one', async () => {
    const mine = exampleDeployment([{}], PYTHON);
    await owner.serverSideApply(mine);
    await passes.settle(mine);
    const applied = await owner.serverSideApply(withContainers(mine, [{ name: 'web' }]));
    expect(podTemplate(applied)?.spec.containers.map(({ name }) => name)).toEqual(['web']);
    const live = await passes.settle(mine);
    expect(names(env(live, 'web'))).toContain('OBSERVABILITY_BACKEND');
    expect(podTemplate(live)?.spec.containers).toHaveLength(1);
  });

  it('drops one of two injected containers by server-side apply', async () => {
    const mine = exampleDeployment([{}, { name: 'web' }], { ...BOTH, 'duotel.io/containers': '*' });
    await owner.serverSideApply(mine);
    await passes.settle(mine);
    await owner.serverSideApply(withContainers(mine, [{ name: 'web' }]));
    expect(podTemplate(await passes.settle(mine))?.spec.containers.map(({ name }) => name)).toEqual(['web']);
  });

  it('renames its container by client-side kubectl apply', async () => {
    const mine = exampleDeployment([{}], PYTHON);
    await owner.kubectlApply(mine);
    await passes.settle(mine);
    await owner.kubectlApply(withContainers(mine, [{ name: 'web' }]));
    expect(names(env(await passes.settle(mine), 'web'))).toContain('OBSERVABILITY_BACKEND');
  });

  it('takes over a variable by server-side apply without force; it is theirs from then on, and outlives us', async () => {
    const mine = exampleDeployment([{}], BOTH);
    await owner.serverSideApply(mine);
    await passes.settle(mine);
    await owner.serverSideApply(withContainers(mine, [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }] }]));
    const live = await passes.settle(mine);
    expect(env(live)).toContainEqual({ name: 'OTEL_SERVICE_NAME', value: 'theirs' });
    expect(status(live)).toBe('Injected both; EnvOwnedByUser: container app sets OTEL_SERVICE_NAME itself; left as it is');
    expect(JSON.parse(live.metadata.annotations?.['duotel.io/injected'] ?? '').containers.app.env).not.toHaveProperty('OTEL_SERVICE_NAME');
    await owner.annotate(mine, { 'duotel.io/backend': null });
    expect(env(await passes.settle(mine))).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }]);
  });

  it('takes over a variable and gives it back: it is set again', async () => {
    const mine = exampleDeployment([{}], BOTH);
    await owner.serverSideApply(mine);
    const first = await passes.settle(mine);
    await owner.serverSideApply(withContainers(mine, [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }] }]));
    await passes.settle(mine);
    await owner.serverSideApply(mine);
    expect(template(await passes.settle(mine))).toEqual(template(first));
  });

  it.each<[string, (object: KubeObject) => Promise<unknown>]>([
    ['client-side kubectl apply', (object) => owner.kubectlApply(object)],
    ['server-side kubectl apply', (object) => owner.kubectlApply(object, '--server-side')],
    ['a forced server-side apply', (object) => owner.serverSideApply(object, { force: true })],
  ])('re-applies the unchanged manifest by %s, and nothing happens', async (_, apply) => {
    const mine = exampleDeployment([{ env: [{ name: 'A', value: '1' }] }], PYTHON);
    await apply(mine);
    const injected = await passes.settle(mine);
    await apply(mine);
    expect((await passes.once(mine)).action).toBe('none');
    const live = await passes.get(mine);
    expect(live.metadata.generation).toBe(injected.metadata.generation);
    expect(template(live)).toEqual(template(injected));
  });

  it.each<[string, (object: KubeObject) => Promise<unknown>]>([
    ['client-side kubectl apply', (object) => owner.kubectlApply(object)],
    ['server-side kubectl apply', (object) => owner.kubectlApply(object, '--server-side')],
    ['a server-side apply', (object) => owner.serverSideApply(object)],
  ])('adds a sidecar and a new image by %s, and ours stay in the app', async (_, apply) => {
    const mine = exampleDeployment([{}], { ...PYTHON, 'duotel.io/containers': 'app' });
    await apply(mine);
    const injected = await passes.settle(mine);
    await apply(withContainers(mine, [{ image: 'example/app:2' }, { name: 'helper' }]));
    const live = await passes.settle(mine);
    expect(env(live)).toEqual(env(injected));
    expect(env(live, 'helper')).toEqual([]);
  });

  it('deletes a variable of ours, and it is there again after one pass', async () => {
    const mine = await api.create(DEPLOYMENT, exampleDeployment([{}], BOTH), { fieldManager: 'kubectl' });
    const injected = await passes.settle(mine);
    const { code } = await cluster.kubectl(['set', 'env', `deployment/${mine.metadata.name}`, '--namespace=shop', 'DUOTEL_POD_NAME-']);
    expect(code).toBe(0);
    expect(names(env(await passes.get(mine)))).not.toContain('DUOTEL_POD_NAME');
    expect(env(await passes.settle(mine))).toEqual(env(injected));
  });

  it('removes the record by hand, and the revert is exact all the same', async () => {
    const mine = await api.create(DEPLOYMENT, exampleDeployment([{}], PYTHON), { fieldManager: 'kubectl' });
    await passes.settle(mine);
    await owner.annotate(mine, { ...OFF, 'duotel.io/injected': null, 'duotel.io/status': null });
    expect(template(await passes.settle(mine))).toEqual(template(mine));
  });
});
