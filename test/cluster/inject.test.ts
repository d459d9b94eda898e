import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import { nestAt } from '../../api/value-at.ts';
import { decideWorkload } from '../../src/inject/decision/decide-workload.ts';
import { workloadKind } from '../../src/inject/workload/kinds.ts';
import { type Container, type EnvItem, podTemplate } from '../../src/inject/workload/pod-template.ts';
import type { KubeApi, ResourceType } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { Owner } from '../support/cluster/owner.ts';
import { DEPLOYMENT, Passes } from '../support/cluster/passes.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { eventually } from '../support/time/eventually.ts';
import { asked, envItem, OFF, STACKS, stackIndices, storable, userWorkload } from '../support/workloads/arbitrary-workload.ts';
import { type Containers, exampleDeployment } from '../support/workloads/example-deployment.ts';
import { input } from '../support/workloads/injection.ts';
import { BOTH, env, names, PYTHON, status, template } from '../support/workloads/settled.ts';

/** Injection against a real API server: each row of the table in docs/adr/0007-inject-record-release.md, with our plans carried out by hand. */

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

describe('an injected Deployment', () => {
  it('was written twice, has one generation more, and nothing in it is ours', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{}], PYTHON), { fieldManager: 'kubectl' });
    const mark = auditMark(cluster.auditLog);
    const live = await passes.settle(created);
    const writes = auditEvents(cluster.auditLog, mark).filter(
      ({ name, verb, code, userAgent }) => name === created.metadata.name && verb === 'patch' && code === 200 && userAgent === 'duotel',
    );
    expect(writes).toHaveLength(2);
    expect(live.metadata.generation).toBe((created.metadata.generation ?? 0) + 1);
    expect(names(env(live))).toContain('OBSERVABILITY_BACKEND');
    expect(status(live)).toBe('Injected both');
  });

  it('has its former template and ReplicaSet after the annotation is gone', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{ env: [{ name: 'A', value: '1' }] }], PYTHON), {
      fieldManager: 'kubectl',
    });
    const before = await passes.currentReplicaSet(created);
    await passes.settle(created);
    expect(await passes.currentReplicaSet(created)).not.toBe(before);
    await owner.annotate(created, { 'duotel.io/backend': null });
    const reverted = await passes.settle(created);
    expect(template(reverted)).toEqual(template(created));
    expect(Object.keys(reverted.metadata.annotations ?? {}).sort()).toEqual(['deployment.kubernetes.io/revision', 'duotel.io/bootstrap']);
    expect(await passes.currentReplicaSet(created)).toBe(before);
  });

  it('is back at the same ReplicaSet after ten cycles through the modes, with no residue', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment(), { fieldManager: 'kubectl' });
    const before = await passes.currentReplicaSet(created);
    for (let cycle = 0; cycle < 10; cycle += 1) {
      await owner.annotate(created, {
        'duotel.io/backend': ['both', 'openlit', 'openinference'][cycle % 3] ?? null,
        'duotel.io/bootstrap': cycle % 2 === 0 ? 'python' : null,
      });
      await passes.settle(created);
    }
    await owner.annotate(created, OFF);
    expect(template(await passes.settle(created))).toEqual(template(created));
    expect(await passes.currentReplicaSet(created)).toBe(before);
  });

  it('changes its mode with one generation', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{}], PYTHON), { fieldManager: 'kubectl' });
    await passes.settle(created);
    // A Deployment's generation counts changes of its annotations too.
    const asked = await owner.annotate(created, { 'duotel.io/backend': 'openinference', 'duotel.io/bootstrap': null });
    const second = await passes.settle(created);
    expect(second.metadata.generation).toBe((asked.metadata.generation ?? 0) + 1);
    expect(podTemplate(second)?.spec.volumes ?? []).toEqual([]);
  });

  it('is released by the next pass when the first died between its two writes', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{}], BOTH), { fieldManager: 'kubectl' });
    await passes.currentReplicaSet(created);
    // Its controller may write a status between the reading and the patch.
    const left = await eventually('the first write', async () => {
      const plan = decideWorkload(input(await passes.get(created)));
      if (plan.action !== 'inject') throw new Error(`planned ${plan.action}`);
      return api.patch(DEPLOYMENT, created.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
    });
    expect(left.metadata.managedFields?.map(({ manager }) => manager)).toContain(FIELD_MANAGER);
    expect((await passes.once(created)).action).toBe('release');
    expect((await passes.settle(created)).metadata.generation).toBe(left.metadata.generation);
  });

  it('refuses a plan made from an older state', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{}], BOTH), { fieldManager: 'kubectl' });
    const plan = decideWorkload(input(created));
    await owner.annotate(created, { changed: 'meanwhile' });
    if (plan.action !== 'inject') throw new Error(`planned ${plan.action}`);
    const write = api.patch(DEPLOYMENT, created.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
    await expect(write).rejects.toMatchObject({ body: { status: 409, reason: 'Conflict' } });
  });

  it('whose managedFields somebody cleared is released all the same', async () => {
    const created = await api.create(DEPLOYMENT, exampleDeployment([{}], BOTH), { fieldManager: 'kubectl' });
    await api.patch(
      DEPLOYMENT,
      created.metadata,
      'application/merge-patch+json',
      { metadata: { managedFields: [{}] } },
      { fieldManager: 'x' },
    );
    await passes.settle(created);
  });
});

describe('a workload that can not be injected', () => {
  it.each<[string, Containers, Readonly<Record<string, string>>, string]>([
    ['a wrong value', [{}], { 'duotel.io/backend': 'bth' }, 'Did you mean "both"?'],
    ['a misspelt annotation', [{}], { 'duotel.io/bakend': 'both' }, 'Did you mean "duotel.io/backend"?'],
    ['a misspelt container', [{}], { ...BOTH, 'duotel.io/containers': 'ap' }, 'Did you mean "app"?'],
    ['two containers and no choice', [{}, { name: 'web' }], BOTH, 'one or more of app, web'],
    [
      'a variable listed twice',
      [
        {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '$(A)' },
            { name: 'A', value: '2' },
          ],
        },
      ],
      BOTH,
      'lists variable A twice',
    ],
  ])('because of %s keeps its template and its ReplicaSet, and says why', async (_, containers, annotations, message) => {
    const mine = await api.create(DEPLOYMENT, exampleDeployment(containers, annotations), { fieldManager: 'kubectl' });
    const before = await passes.currentReplicaSet(mine);
    const live = await passes.settle(mine);
    expect(status(live)).toContain(message);
    expect(await passes.currentReplicaSet(mine)).toBe(before);
    expect(template(live)).toEqual(template(mine));
  });
});

describe('any workload on a real API server', () => {
  it("is accepted in every mode, keeps what is its owner's, and ends as it would be without us", async () => {
    const types: Readonly<Record<string, ResourceType>> = {
      Deployment: DEPLOYMENT,
      StatefulSet: { ...DEPLOYMENT, kind: 'StatefulSet', plural: 'statefulsets' },
      CronJob: { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true },
    };
    const steps = fc.array(fc.tuple(asked, stackIndices), { minLength: 2, maxLength: 4 });
    const property = fc.asyncProperty(userWorkload, steps, envItem, async (generated, cycles, edit) => {
      const type = types[generated.kind] ?? DEPLOYMENT;
      const mine = await api.create(type, storable(generated), { fieldManager: 'kubectl' });
      const twin = await api.create(type, storable(generated), { fieldManager: 'kubectl' });
      for (const [annotations, stackIndex] of cycles) {
        await owner.annotate(mine, annotations, type);
        await passes.settle(mine, type, STACKS[stackIndex]);
      }
      const first = podTemplate(mine)?.spec.containers[0]?.name;
      const item = edit.valueFrom === undefined ? { ...edit, valueFrom: null } : { ...edit, value: null };
      const change = nestAt([...(workloadKind(mine)?.templatePath ?? []), 'spec'], { containers: [{ name: first, env: [item] }] });
      // An update to the value that is there already is no change, and leaves no trace of who made it.
      const same = env(await passes.get(mine, type), first).some((live) => JSON.stringify(live) === JSON.stringify(edit));
      for (const { metadata } of same ? [] : [mine, twin]) {
        await api.patch(type, metadata, 'application/strategic-merge-patch+json', change, { fieldManager: 'editor' });
      }
      await passes.settle(mine, type);
      await owner.annotate(mine, OFF, type);
      const end = await passes.settle(mine, type);
      // The pod spec alone: the labels carry the object's name. A variable that they took over stands where ours stood, so the one
      // that was edited is compared by what it holds, and all others by their order too.
      const spec = (object: KubeObject) => {
        const { containers = [], ...rest } = podTemplate(object)?.spec ?? {};
        const isEdited = ({ name }: EnvItem) => name === edit.name;
        const split = ({ env: items = [], ...other }: Container) => ({
          ...other,
          env: items.filter((one) => !isEdited(one)),
          edited: items.filter(isEdited),
        });
        return { ...rest, containers: containers.map(split) };
      };
      expect(spec(end)).toEqual(spec(await passes.get(twin, type)));
      for (const { metadata } of [mine, twin]) await api.delete(type, metadata);
    });
    await fc.assert(property, { numRuns: Number(process.env['FC_RUNS'] ?? 40), seed: Number(process.env['FC_SEED'] ?? 20261122) });
  });
});
