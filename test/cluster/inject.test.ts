import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import { nestAt, valueAt } from '../../api/value-at.ts';
import { releasePatch } from '../../src/inject/change/release.ts';
import { decideWorkload } from '../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../src/inject/decision/decision.ts';
import type { InjectionConfig } from '../../src/inject/wishes/config.ts';
import { workloadKind } from '../../src/inject/workload/kinds.ts';
import { type Container, type EnvItem, podTemplate } from '../../src/inject/workload/pod-template.ts';
import { isApiError, type KubeApi, type ResourceType } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { eventually } from '../support/time/eventually.ts';
import { asked, envItem, OFF, STACKS, stackIndices, userWorkload } from '../support/workloads/arbitrary-workload.ts';
import { input, stack } from '../support/workloads/injection.ts';
import { strategicMerge } from '../support/workloads/strategic-merge.ts';

/** Injection against a real API server: each row of the table in docs/adr/0007-inject-record-release.md, with our plans carried out by hand. */

const BOTH = { 'duotel.io/backend': 'both' };
const PYTHON = { ...BOTH, 'duotel.io/bootstrap': 'python' };
const DEPLOYMENT: ResourceType = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const REPLICA_SET: ResourceType = { ...DEPLOYMENT, kind: 'ReplicaSet', plural: 'replicasets' };
const DEFAULT_STACK = stack();

let cluster: ControlPlane;
let api: KubeApi;
let serial = 0;

beforeAll(async () => {
  cluster = await startControlPlane({ audit: true });
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  await cluster.kubectl(['create', 'namespace', 'shop']);
});

afterAll(async () => {
  await cluster?.stop();
});

type Containers = readonly Readonly<Record<string, unknown>>[];

function manifest(containers: Containers = [{}], annotations: Readonly<Record<string, string>> = {}): KubeObject {
  serial += 1;
  const name = `app-${serial}`;
  const labels = { app: name };
  const spec = { containers: containers.map((container) => ({ name: 'app', image: 'example/app:1', ...container })) };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', annotations },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** The manifest with other containers: what its owner applies next. */
function withContainers(object: KubeObject, containers: Containers): KubeObject {
  const { name, namespace } = object.metadata;
  return {
    ...manifest(containers),
    metadata: { name, namespace: namespace ?? '', annotations: object.metadata.annotations ?? {} },
    spec: specOf(object, containers),
  };
}

function specOf(object: KubeObject, containers: Containers): unknown {
  const spec = object['spec'] as { template: { metadata: unknown } };
  const full = containers.map((container) => ({ name: 'app', image: 'example/app:1', ...container }));
  return { ...spec, template: { metadata: spec.template.metadata, spec: { containers: full } } };
}

async function get(object: KubeObject, type = DEPLOYMENT): Promise<KubeObject> {
  const live = await api.get(type, object.metadata);
  if (live === undefined) throw new Error(`${object.metadata.name} is gone`);
  return live;
}

/** A server-side apply as Flux, Argo CD and Helm 4 make them. */
function serverSideApply(object: KubeObject, query: { readonly force?: boolean } = {}): Promise<KubeObject> {
  return api.patch(DEPLOYMENT, object.metadata, 'application/apply-patch+yaml', object, { fieldManager: 'flux', ...query });
}

async function kubectlApply(object: KubeObject, ...flags: readonly string[]): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['apply', ...flags, '-f', '-'], JSON.stringify(object));
  expect([code, stderr]).toEqual([0, '']);
}

function annotate(object: KubeObject, annotations: Readonly<Record<string, string | null>>, type = DEPLOYMENT): Promise<KubeObject> {
  return api.patch(
    type,
    object.metadata,
    'application/merge-patch+json',
    { metadata: { annotations } },
    { fieldManager: 'kubectl-annotate' },
  );
}

/** Another writer may move our entry in managedFields: the API server then answers that the test failed, and we look again. */
async function release(written: KubeObject, type: ResourceType): Promise<void> {
  for (let live = written, attempt = 0; ; live = await get(written, type), attempt += 1) {
    const patch = releasePatch(live);
    if (patch === undefined) return;
    try {
      await api.patch(type, live.metadata, 'application/json-patch+json', patch, { fieldManager: FIELD_MANAGER });
      return;
    } catch (error) {
      if (!isApiError(error, 'Invalid') || attempt === 10) throw error;
    }
  }
}

/** One pass of a controller: plan, write, release; once more when the deployment controller wrote its status in between. */
async function pass(object: KubeObject, type = DEPLOYMENT, config: InjectionConfig = DEFAULT_STACK): Promise<Decision> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await tryPass(object, type, config);
    } catch (error) {
      // A plan may be a release by itself, which is refused as above.
      if (!(isApiError(error, 'Conflict') || isApiError(error, 'Invalid')) || attempt === 10) throw error;
    }
  }
}

async function tryPass(object: KubeObject, type: ResourceType, config: InjectionConfig): Promise<Decision> {
  const live = await get(object, type);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const plan = decideWorkload(input(live, { namespace, stacks: [config] }));
  if (plan.action === 'none') return plan;
  const answer = await api.patch(type, object.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
  if (plan.patch.type === 'application/strategic-merge-patch+json') {
    // The simulator of the unit tests is held against the real thing on every write of these tests.
    expect(answer['spec']).toEqual((strategicMerge(live, plan.patch.body) as KubeObject)['spec']);
  }
  await release(answer, type);
  return plan;
}

/** The workload after passes until nothing is left to do; nothing of it is then ours by managedFields. */
async function settle(object: KubeObject, type = DEPLOYMENT, config: InjectionConfig = DEFAULT_STACK): Promise<KubeObject> {
  await pass(object, type, config);
  expect((await pass(object, type, config)).action).toBe('none');
  const live = await get(object, type);
  expect((live.metadata.managedFields ?? []).map(({ manager }) => manager)).not.toContain(FIELD_MANAGER);
  return live;
}

function template(object: KubeObject): unknown {
  return valueAt(object, workloadKind(object)?.templatePath ?? []);
}

function env(object: KubeObject, container = 'app'): readonly EnvItem[] {
  return podTemplate(object)?.spec.containers.find(({ name }) => name === container)?.env ?? [];
}

function names(items: readonly EnvItem[]): readonly string[] {
  return items.map(({ name }) => name);
}

const status = (object: KubeObject) => object.metadata.annotations?.['duotel.io/status'];

/** Name of the ReplicaSet that makes the Deployment's pods now. */
function currentReplicaSet(object: KubeObject): Promise<string> {
  return eventually(`a ReplicaSet of ${object.metadata.name}`, async () => {
    const live = await get(object);
    if (valueAt(live, ['status', 'observedGeneration']) !== live.metadata.generation) return undefined;
    const revision = 'deployment.kubernetes.io/revision';
    const { items } = await api.list(REPLICA_SET, { namespace: 'shop', query: { labelSelector: `app=${object.metadata.name}` } });
    return items.find(({ metadata }) => metadata.annotations?.[revision] === live.metadata.annotations?.[revision])?.metadata.name;
  });
}

describe('an injected Deployment', () => {
  it('was written twice, has one generation more, and nothing in it is ours', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{}], PYTHON), { fieldManager: 'kubectl' });
    const mark = auditMark(cluster.auditLog);
    const live = await settle(created);
    const writes = auditEvents(cluster.auditLog, mark).filter(
      ({ name, verb, code, userAgent }) => name === created.metadata.name && verb === 'patch' && code === 200 && userAgent === 'duotel',
    );
    expect(writes).toHaveLength(2);
    expect(live.metadata.generation).toBe((created.metadata.generation ?? 0) + 1);
    expect(names(env(live))).toContain('OBSERVABILITY_BACKEND');
    expect(status(live)).toBe('Injected both');
  });

  it('has its former template and ReplicaSet after the annotation is gone', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{ env: [{ name: 'A', value: '1' }] }], PYTHON), { fieldManager: 'kubectl' });
    const before = await currentReplicaSet(created);
    await settle(created);
    expect(await currentReplicaSet(created)).not.toBe(before);
    await annotate(created, { 'duotel.io/backend': null });
    const reverted = await settle(created);
    expect(template(reverted)).toEqual(template(created));
    expect(Object.keys(reverted.metadata.annotations ?? {}).sort()).toEqual(['deployment.kubernetes.io/revision', 'duotel.io/bootstrap']);
    expect(await currentReplicaSet(created)).toBe(before);
  });

  it('is back at the same ReplicaSet after ten cycles through the modes, with no residue', async () => {
    const created = await api.create(DEPLOYMENT, manifest(), { fieldManager: 'kubectl' });
    const before = await currentReplicaSet(created);
    for (let cycle = 0; cycle < 10; cycle += 1) {
      await annotate(created, {
        'duotel.io/backend': ['both', 'openlit', 'openinference'][cycle % 3] ?? null,
        'duotel.io/bootstrap': cycle % 2 === 0 ? 'python' : null,
      });
      await settle(created);
    }
    await annotate(created, OFF);
    expect(template(await settle(created))).toEqual(template(created));
    expect(await currentReplicaSet(created)).toBe(before);
  });

  it('changes its mode with one generation', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{}], PYTHON), { fieldManager: 'kubectl' });
    await settle(created);
    // A Deployment's generation counts changes of its annotations too.
    const asked = await annotate(created, { 'duotel.io/backend': 'openinference', 'duotel.io/bootstrap': null });
    const second = await settle(created);
    expect(second.metadata.generation).toBe((asked.metadata.generation ?? 0) + 1);
    expect(podTemplate(second)?.spec.volumes ?? []).toEqual([]);
  });

  it('is released by the next pass when the first died between its two writes', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{}], BOTH), { fieldManager: 'kubectl' });
    await currentReplicaSet(created);
    // Its controller may write a status between the reading and the patch.
    const left = await eventually('the first write', async () => {
      const plan = decideWorkload(input(await get(created)));
      if (plan.action !== 'inject') throw new Error(`planned ${plan.action}`);
      return api.patch(DEPLOYMENT, created.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
    });
    expect(left.metadata.managedFields?.map(({ manager }) => manager)).toContain(FIELD_MANAGER);
    expect((await pass(created)).action).toBe('release');
    expect((await settle(created)).metadata.generation).toBe(left.metadata.generation);
  });

  it('refuses a plan made from an older state', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{}], BOTH), { fieldManager: 'kubectl' });
    const plan = decideWorkload(input(created));
    await annotate(created, { changed: 'meanwhile' });
    if (plan.action !== 'inject') throw new Error(`planned ${plan.action}`);
    const write = api.patch(DEPLOYMENT, created.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
    await expect(write).rejects.toMatchObject({ body: { status: 409, reason: 'Conflict' } });
  });

  it('whose managedFields somebody cleared is released all the same', async () => {
    const created = await api.create(DEPLOYMENT, manifest([{}], BOTH), { fieldManager: 'kubectl' });
    await api.patch(
      DEPLOYMENT,
      created.metadata,
      'application/merge-patch+json',
      { metadata: { managedFields: [{}] } },
      { fieldManager: 'x' },
    );
    await settle(created);
  });
});

describe('the owner of an injected workload', () => {
  it('renames its container by server-side apply, without an error, and it ends injected in the new one', async () => {
    const mine = manifest([{}], PYTHON);
    await serverSideApply(mine);
    await settle(mine);
    const applied = await serverSideApply(withContainers(mine, [{ name: 'web' }]));
    expect(podTemplate(applied)?.spec.containers.map(({ name }) => name)).toEqual(['web']);
    const live = await settle(mine);
    expect(names(env(live, 'web'))).toContain('OBSERVABILITY_BACKEND');
    expect(podTemplate(live)?.spec.containers).toHaveLength(1);
  });

  it('drops one of two injected containers by server-side apply', async () => {
    const mine = manifest([{}, { name: 'web' }], { ...BOTH, 'duotel.io/containers': '*' });
    await serverSideApply(mine);
    await settle(mine);
    await serverSideApply(withContainers(mine, [{ name: 'web' }]));
    expect(podTemplate(await settle(mine))?.spec.containers.map(({ name }) => name)).toEqual(['web']);
  });

  it('renames its container by client-side kubectl apply', async () => {
    const mine = manifest([{}], PYTHON);
    await kubectlApply(mine);
    await settle(mine);
    await kubectlApply(withContainers(mine, [{ name: 'web' }]));
    expect(names(env(await settle(mine), 'web'))).toContain('OBSERVABILITY_BACKEND');
  });

  it('takes over a variable by server-side apply without force; it is theirs from then on, and outlives us', async () => {
    const mine = manifest([{}], BOTH);
    await serverSideApply(mine);
    await settle(mine);
    await serverSideApply(withContainers(mine, [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }] }]));
    const live = await settle(mine);
    expect(env(live)).toContainEqual({ name: 'OTEL_SERVICE_NAME', value: 'theirs' });
    expect(status(live)).toBe('Injected both; EnvOwnedByUser: container app sets OTEL_SERVICE_NAME itself; left as it is');
    expect(JSON.parse(live.metadata.annotations?.['duotel.io/injected'] ?? '').containers.app.env).not.toHaveProperty('OTEL_SERVICE_NAME');
    await annotate(mine, { 'duotel.io/backend': null });
    expect(env(await settle(mine))).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }]);
  });

  it('takes over a variable and gives it back: it is set again', async () => {
    const mine = manifest([{}], BOTH);
    await serverSideApply(mine);
    const first = await settle(mine);
    await serverSideApply(withContainers(mine, [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'theirs' }] }]));
    await settle(mine);
    await serverSideApply(mine);
    expect(template(await settle(mine))).toEqual(template(first));
  });

  it.each<[string, (object: KubeObject) => Promise<unknown>]>([
    ['client-side kubectl apply', (object) => kubectlApply(object)],
    ['server-side kubectl apply', (object) => kubectlApply(object, '--server-side')],
    ['a forced server-side apply', (object) => serverSideApply(object, { force: true })],
  ])('re-applies the unchanged manifest by %s, and nothing happens', async (_, apply) => {
    const mine = manifest([{ env: [{ name: 'A', value: '1' }] }], PYTHON);
    await apply(mine);
    const injected = await settle(mine);
    await apply(mine);
    expect((await pass(mine)).action).toBe('none');
    const live = await get(mine);
    expect(live.metadata.generation).toBe(injected.metadata.generation);
    expect(template(live)).toEqual(template(injected));
  });

  it.each<[string, (object: KubeObject) => Promise<unknown>]>([
    ['client-side kubectl apply', (object) => kubectlApply(object)],
    ['server-side kubectl apply', (object) => kubectlApply(object, '--server-side')],
    ['a server-side apply', (object) => serverSideApply(object)],
  ])('adds a sidecar and a new image by %s, and ours stay in the app', async (_, apply) => {
    const mine = manifest([{}], { ...PYTHON, 'duotel.io/containers': 'app' });
    await apply(mine);
    const injected = await settle(mine);
    await apply(withContainers(mine, [{ image: 'example/app:2' }, { name: 'helper' }]));
    const live = await settle(mine);
    expect(env(live)).toEqual(env(injected));
    expect(env(live, 'helper')).toEqual([]);
  });

  it('deletes a variable of ours, and it is there again after one pass', async () => {
    const mine = await api.create(DEPLOYMENT, manifest([{}], BOTH), { fieldManager: 'kubectl' });
    const injected = await settle(mine);
    const { code } = await cluster.kubectl(['set', 'env', `deployment/${mine.metadata.name}`, '--namespace=shop', 'DUOTEL_POD_NAME-']);
    expect(code).toBe(0);
    expect(names(env(await get(mine)))).not.toContain('DUOTEL_POD_NAME');
    expect(env(await settle(mine))).toEqual(env(injected));
  });

  it('removes the record by hand, and the revert is exact all the same', async () => {
    const mine = await api.create(DEPLOYMENT, manifest([{}], PYTHON), { fieldManager: 'kubectl' });
    await settle(mine);
    await annotate(mine, { ...OFF, 'duotel.io/injected': null, 'duotel.io/status': null });
    expect(template(await settle(mine))).toEqual(template(mine));
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
    const mine = await api.create(DEPLOYMENT, manifest(containers, annotations), { fieldManager: 'kubectl' });
    const before = await currentReplicaSet(mine);
    const live = await settle(mine);
    expect(status(live)).toContain(message);
    expect(await currentReplicaSet(mine)).toBe(before);
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
    const make = (generated: KubeObject) => {
      serial += 1;
      return complete(generated, `any-${serial}`);
    };
    const steps = fc.array(fc.tuple(asked, stackIndices), { minLength: 2, maxLength: 4 });
    const property = fc.asyncProperty(userWorkload, steps, envItem, async (generated, cycles, edit) => {
      const type = types[generated.kind] ?? DEPLOYMENT;
      const mine = await api.create(type, make(generated), { fieldManager: 'kubectl' });
      const twin = await api.create(type, { ...make(generated) }, { fieldManager: 'kubectl' });
      for (const [annotations, stackIndex] of cycles) {
        await annotate(mine, annotations, type);
        await settle(mine, type, STACKS[stackIndex]);
      }
      const first = podTemplate(mine)?.spec.containers[0]?.name;
      const item = edit.valueFrom === undefined ? { ...edit, valueFrom: null } : { ...edit, value: null };
      const change = nestAt([...(workloadKind(mine)?.templatePath ?? []), 'spec'], { containers: [{ name: first, env: [item] }] });
      // An update to the value that is there already is no change, and leaves no trace of who made it.
      const same = env(await get(mine, type), first).some((live) => JSON.stringify(live) === JSON.stringify(edit));
      for (const { metadata } of same ? [] : [mine, twin]) {
        await api.patch(type, metadata, 'application/strategic-merge-patch+json', change, { fieldManager: 'editor' });
      }
      await settle(mine, type);
      await annotate(mine, OFF, type);
      const end = await settle(mine, type);
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
      expect(spec(end)).toEqual(spec(await get(twin, type)));
      for (const { metadata } of [mine, twin]) await api.delete(type, metadata);
    });
    await fc.assert(property, { numRuns: Number(process.env['FC_RUNS'] ?? 40), seed: Number(process.env['FC_SEED'] ?? 20261122) });
  }, 600_000);
});

/** A generated workload with the fields that the API server insists on, making no pods. */
function complete(generated: KubeObject, name: string): KubeObject {
  const labels = { app: name };
  const found = podTemplate(generated);
  const pod = {
    metadata: { labels: { ...found?.metadata?.labels, ...labels } },
    spec: { ...found?.spec, volumes: [{ name: 'data', emptyDir: {} }] },
  };
  const { apiVersion, kind } = generated;
  const metadata = { name, namespace: 'shop' };
  if (kind === 'CronJob') {
    const jobPod = { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } };
    return { apiVersion, kind, metadata, spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: jobPod } } } };
  }
  return {
    apiVersion,
    kind,
    metadata,
    spec: { replicas: 0, selector: { matchLabels: labels }, ...(kind === 'StatefulSet' ? { serviceName: name } : {}), template: pod },
  };
}
