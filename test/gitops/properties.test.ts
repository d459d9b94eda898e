import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import { nestAt, valueAt } from '../../api/value-at.ts';
import { releasePatch } from '../../src/inject/change/release.ts';
import { decideWorkload } from '../../src/inject/decision/decide-workload.ts';
import { type EnvContent, holds } from '../../src/inject/workload/env-content.ts';
import { workloadKind } from '../../src/inject/workload/kinds.ts';
import { type Container, type PodTemplate, podTemplate } from '../../src/inject/workload/pod-template.ts';
import { isApiError, type ResourceType } from '../../src/kube/kube-api.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { must } from '../support/cluster/installation.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { type Asked, asked, OFF, STACKS, stackIndices, userWorkload } from '../support/workloads/arbitrary-workload.ts';
import { input, namespaceObject } from '../support/workloads/injection.ts';
import { edits, patchOf } from '../support/workloads/random-edits.ts';
import { strategicMerge } from '../support/workloads/strategic-merge.ts';

/**
 * Random workloads, annotations, stacks and edits of the owner in between, each request judged by a real API server. What the owner
 * would have without us comes from a dry run of their edit on the workload before the injection.
 */

const RUNS = Number(process.env['FC_RUNS'] ?? 2000);
const CYCLE_RUNS = Math.ceil(RUNS / 100);
/** A new one each time finds more than one for ever; it is in the output, and FC_SEED repeats it. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
/** Cases at the same time. */
const LANES = 8;
const NAMESPACE = 'shop';
const KINDS: Readonly<Record<string, ResourceType>> = {
  Deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  StatefulSet: { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true },
  CronJob: { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true },
};
const REPLICA_SET: ResourceType = { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true };

const cluster = useControlPlane({ audit: false });
let api: RestKubeApi;
let serial = 0;
/** Writes of ours that the API server was asked to judge. */
let judged = 0;

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  await must(cluster, ['create', 'namespace', NAMESPACE]);
});

afterAll(async () => {
  await api?.close();
});

const typeOf = (object: KubeObject): ResourceType => {
  const type = KINDS[object.kind];
  if (type === undefined) throw new Error(`no type of ${object.kind}`);
  return type;
};
const templateOf = (object: KubeObject): PodTemplate => {
  const template = podTemplate(object);
  if (template === undefined) throw new Error(`${object.kind} without a template`);
  return template;
};

/** A generated workload with the fields that the API server insists on, making no pods. */
function complete(generated: KubeObject, kind: string, annotations: Asked): KubeObject {
  serial += 1;
  const name = `any-${serial}`;
  const labels = { app: name };
  const found = templateOf(generated);
  const pod = {
    metadata: { labels: { ...found.metadata?.labels, ...labels } },
    spec: { ...found.spec, volumes: [{ name: 'data', emptyDir: {} }], ...(kind === 'CronJob' && { restartPolicy: 'Never' }) },
  };
  const metadata = {
    name,
    namespace: NAMESPACE,
    annotations: Object.fromEntries(Object.entries(annotations).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
  };
  const specs: Readonly<Record<string, object>> = {
    Deployment: { replicas: 0, selector: { matchLabels: labels }, template: pod },
    StatefulSet: { replicas: 0, serviceName: name, selector: { matchLabels: labels }, template: pod },
    DaemonSet: { selector: { matchLabels: labels }, template: pod },
    CronJob: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: pod } } },
  };
  return { apiVersion: KINDS[kind]?.apiVersion ?? '', kind, metadata, spec: specs[kind] };
}

async function read(object: KubeObject): Promise<KubeObject> {
  const live = await api.get(typeOf(object), object.metadata);
  if (live === undefined) throw new Error(`${object.metadata.name} is gone`);
  return live;
}

/** Decision, write and release until nothing is left to do. @returns what is then there. */
async function settle(known: KubeObject, stackIndex: number): Promise<KubeObject> {
  let live = known;
  let writes = 0;
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const config = STACKS[stackIndex];
    if (config === undefined) throw new Error('no such stack');
    const plan = decideWorkload(input(live, { namespace: namespaceObject({}, NAMESPACE), stacks: [config] }));
    if (plan.action === 'none') return live;
    if (plan.action !== 'release') writes += 1;
    if (writes > 2) throw new Error(`does not settle: planned ${plan.action} a third time`);
    try {
      judged += 1;
      live = await api.patch(typeOf(live), live.metadata, plan.patch.type, plan.patch.body, { fieldManager: FIELD_MANAGER });
      const release = releasePatch(live);
      if (release !== undefined) {
        live = await api.patch(typeOf(live), live.metadata, 'application/json-patch+json', release, { fieldManager: FIELD_MANAGER });
      }
    } catch (error) {
      // A controller wrote its status in between: read and plan again. Everything else is a refusal, which there must never be.
      const moved = isApiError(error, 'Conflict') || (isApiError(error, 'Invalid') && error.message.includes('managedFields'));
      const releaseLost = isApiError(error, 'Invalid') && error.body.message.includes('test operation');
      if (!moved && !releaseLost && !isApiError(error, 'Invalid')) throw error;
      const before = live;
      live = await read(live);
      // The same version again and refused all the same: it is our request that is wrong.
      if (!isApiError(error, 'Conflict') && live.metadata.resourceVersion === before.metadata.resourceVersion) throw error;
      if (isApiError(error, 'Conflict')) writes -= 1;
    }
  }
  throw new Error('30 attempts were not enough');
}

/** The workload as the first plan would make it, without asking anybody. */
function planned(object: KubeObject, stackIndex: number): KubeObject {
  const config = STACKS[stackIndex];
  if (config === undefined) throw new Error('no such stack');
  const plan = decideWorkload(input(object, { namespace: namespaceObject({}, NAMESPACE), stacks: [config] }));
  return plan.action === 'inject' ? (strategicMerge(object, plan.patch.body) as KubeObject) : object;
}

const update = (object: KubeObject, body: unknown, query = {}): Promise<KubeObject> =>
  api.patch(typeOf(object), object.metadata, 'application/strategic-merge-patch+json', body, { fieldManager: 'owner', ...query });
const annotate = (object: KubeObject, annotations: Asked): Promise<KubeObject> => update(object, { metadata: { annotations } });

interface RecordText {
  readonly containers: Readonly<Record<string, { readonly env: Readonly<Record<string, EnvContent>>; readonly mounts: object }>>;
  readonly volumes: object;
}

/**
 * The template without what the record lists and is still as listed; variables in `touched` apart from the others, since one that was taken over stands where
 * ours stood. Compared as text: order and all.
 */
function ownersText(object: KubeObject, touched: ReadonlySet<string>): string {
  const text = object.metadata.annotations?.['duotel.io/injected'];
  const record: RecordText = text === undefined ? { containers: {}, volumes: {} } : JSON.parse(text);
  const template = templateOf(object);
  const container = ({ env = [], volumeMounts = [], ...rest }: Container): unknown => {
    const ours = Object.hasOwn(record.containers, rest.name) ? record.containers[rest.name] : undefined;
    // A record that was not written anew, since the workload is blocked, still names what its owner has changed.
    const theirs = env.filter((item) => {
      const content = Object.hasOwn(ours?.env ?? {}, item.name) ? ours?.env[item.name] : undefined;
      return content === undefined || !holds(item, content);
    });
    return {
      ...rest,
      env: theirs.filter(({ name }) => !touched.has(name)),
      touched: theirs.filter(({ name }) => touched.has(name)).toSorted((a, b) => a.name.localeCompare(b.name)),
      volumeMounts: volumeMounts.filter(({ mountPath }) => !Object.hasOwn(ours?.mounts ?? {}, mountPath)),
    };
  };
  const { containers, volumes = [], ...spec } = template.spec;
  return JSON.stringify({
    metadata: template.metadata,
    spec,
    containers: containers.map(container),
    volumes: volumes.filter(({ name }) => !Object.hasOwn(record.volumes, name)),
  });
}

const NOTHING_TOUCHED: ReadonlySet<string> = new Set();

interface Case {
  readonly generated: KubeObject;
  readonly kind: string;
  readonly first: Asked;
  readonly stackIndex: number;
  readonly edit: Parameters<typeof patchOf>[0];
  readonly second: Asked;
  readonly secondStack: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  generated: userWorkload,
  kind: fc.constantFrom(...Object.keys(KINDS)),
  first: asked,
  stackIndex: stackIndices,
  edit: edits,
  second: asked,
  secondStack: stackIndices,
});

async function prove({ generated, kind, first, stackIndex, edit, second, secondStack }: Case): Promise<void> {
  const manifest = complete(generated, kind, first);
  const created = await api.create(typeOf(manifest), manifest, { fieldManager: 'owner' });
  const path = [...(workloadKind(created)?.templatePath ?? []), 'spec'];
  const { spec, touched } = patchOf(edit, planned(created, stackIndex));
  const change = nestAt(path, spec);
  // What the edit makes of the workload where nothing was injected.
  const wanted = await update(created, change, { dryRun: 'All' });

  const injected = await settle(created, stackIndex);
  expect(ownersText(injected, NOTHING_TOUCHED)).toBe(ownersText(created, NOTHING_TOUCHED));

  const edited = await settle(await update(injected, change), stackIndex);
  expect(ownersText(edited, touched)).toBe(ownersText(wanted, touched));

  const again = await settle(await annotate(edited, second), secondStack);
  expect(ownersText(again, touched)).toBe(ownersText(wanted, touched));

  const end = await settle(await annotate(again, OFF), secondStack);
  expect(ownersText(end, touched)).toBe(ownersText(wanted, touched));
  const left = Object.keys(end.metadata.annotations ?? {}).filter((key) => key.startsWith('duotel.io/'));
  expect([left, end.metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER)]).toEqual([[], false]);
}

/** One property on several lanes, each with its own seed: fast-check runs the cases of one after the other. */
async function lanes<T>(arbitrary: fc.Arbitrary<T>, predicate: (one: T) => Promise<void>, runs: number): Promise<void> {
  const lane = (index: number): Promise<void> =>
    fc.assert(fc.asyncProperty(arbitrary, predicate), {
      numRuns: Math.ceil(runs / LANES),
      seed: SEED + index,
      endOnFailure: process.env['FC_SHRINK'] !== '1',
    });
  const failed = (await Promise.allSettled(Array.from({ length: LANES }, (_, index) => lane(index)))).filter(
    (result) => result.status === 'rejected',
  );
  if (failed[0] !== undefined) throw new Error(`FC_SEED=${SEED}, ${failed.length} lanes failed`, { cause: failed[0].reason });
}

describe(`any workload, with seed ${SEED}`, () => {
  it(`is accepted, keeps what is its owner's, and ends as it would be without us, in ${RUNS} cases`, async () => {
    await lanes(cases, prove, RUNS);
    // Not every set of annotations asks for something; those that do are at least as many as the cases.
    expect(judged).toBeGreaterThan(RUNS);
  }, 3_000_000);

  it(`is what it was after ten injections and reverts, in ${CYCLE_RUNS} cases`, async () => {
    const arbitrary = fc.record({
      generated: userWorkload,
      kind: fc.constantFrom(...Object.keys(KINDS)),
      cycles: fc.array(fc.tuple(asked, stackIndices), { minLength: 10, maxLength: 10 }),
    });
    const predicate = async ({ generated, kind, cycles }: typeof arbitrary extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
      const manifest = complete(generated, kind, OFF);
      const created = await api.create(typeOf(manifest), manifest, { fieldManager: 'owner' });
      let live = created;
      const before = await replicaSet(created);
      for (const [annotations, stackIndex] of cycles) {
        live = await settle(await annotate(live, { ...OFF, ...annotations }), stackIndex);
        live = await settle(await annotate(live, OFF), stackIndex);
        expect(valueAt(live, ['spec'])).toEqual(valueAt(created, ['spec']));
      }
      const left = Object.keys(live.metadata.annotations ?? {}).filter((key) => key.startsWith('duotel.io/'));
      expect(left).toEqual([]);
      expect(await replicaSet(live)).toBe(before);
    };
    await lanes(arbitrary, predicate, CYCLE_RUNS);
  }, 3_000_000);
});

/** Name of the ReplicaSet that a Deployment has now; '' for the other kinds. */
async function replicaSet(object: KubeObject): Promise<string> {
  if (object.kind !== 'Deployment') return '';
  const revision = 'deployment.kubernetes.io/revision';
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const live = await read(object);
    const observed = valueAt(live, ['status', 'observedGeneration']) === live.metadata.generation;
    const { items } = await api.list(REPLICA_SET, { namespace: NAMESPACE, query: { labelSelector: `app=${object.metadata.name}` } });
    const current = items.find(({ metadata }) => metadata.annotations?.[revision] === live.metadata.annotations?.[revision]);
    if (observed && current !== undefined) return current.metadata.name;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no ReplicaSet of ${object.metadata.name}`);
}
