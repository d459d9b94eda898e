import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFields } from '../../api/fields.ts';
import { type KubeObject, describe as named } from '../../api/kube-object.ts';
import { componentName, STACK_LABEL } from '../../api/names.ts';
import { resolveStackSpec } from '../../api/telemetry-stack.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import { applySet } from '../../src/apply/apply-set.ts';
import { objectEntry } from '../../src/apply/inventory.ts';
import { ApplyMemory } from '../../src/apply/memory.ts';
import { pooled } from '../../src/apply/pooled.ts';
import { isApiError, type KubeApi } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { installForeignCrds } from '../support/cluster/foreign-crds.ts';
import { must } from '../support/cluster/installation.ts';
import { type Change, changesOf, seeded } from '../support/cluster/random-change.ts';
import { ServerSchema } from '../support/cluster/server-schema.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { STACK_INPUTS } from '../support/stacks/stack-inputs.ts';

/** The same changes each time; another seed finds others. It is in the message of a failure. */
const SEED = Number(process.env['DRIFT_SEED'] ?? 11);
/** Changes of each object that the API server took. */
const CHANGES = Number(process.env['DRIFT_CHANGES'] ?? 8);

const gateway = { enabled: true };
const routes = { httpRoute: { parentRefs: [{ name: 'public' }] } };
const STACKS: readonly (readonly [name: string, spec: unknown])[] = [
  ['persistent', { collector: { gateway }, jaeger: { ingress: { host: 'jaeger.example.com' } } }],
  ['ephemeral', { ...STACK_INPUTS['ephemeral'], collector: { storage: { type: 'ephemeral' }, gateway } }],
  ['other-operators', { ...STACK_INPUTS['other-operators'], jaeger: routes }],
];

const cluster = useControlPlane({ audit: false });
let api: Awaited<ReturnType<typeof createKubeApi>>;

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  await installForeignCrds(cluster);
});

afterAll(async () => {
  await api?.close();
});

/** Its HorizontalPodAutoscaler sets the number of pods whenever it looks, also between two looks of ours. */
function isAutoscaled({ kind, metadata }: KubeObject): boolean {
  return kind === 'Deployment' && metadata.name === componentName('duotel', 'gateway');
}

/** What an object says, without what the API server and its controllers keep for themselves. */
function content(object: KubeObject): unknown {
  const { status: _, metadata, ...rest } = object;
  const { labels, finalizers } = metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== 'deployment.kubernetes.io/revision');
  const said = { ...rest, labels, finalizers, annotations: Object.fromEntries(annotations) };
  if (!isAutoscaled(object) || !isFields(object['spec'])) return said;
  const { replicas: __, ...spec } = object['spec'];
  return { ...said, spec };
}

/** Whether the change is of a field that `desired` has, or in a list or map of it that is one value. */
function isOfOurs(desired: KubeObject, { path, patch }: Change, server: ServerSchema): boolean {
  let value: unknown = desired;
  let schema = server.kind(desired);
  for (const [depth, part] of path.entries()) {
    if (server.isAtomic(schema, value)) return true;
    // An item more in a list that has keys is somebody's own.
    if (Array.isArray(value) && patch[0]?.op === 'add' && depth === path.length - 1) return false;
    const inner: unknown = Array.isArray(value) ? value[Number(part)] : isFields(value) ? value[part] : undefined;
    if (inner === undefined) return false;
    schema = server.inner(schema, part);
    value = inner;
  }
  return true;
}

/** The API as we use it, and how many writes were carried out through it. */
function counting(inner: KubeApi): { readonly api: KubeApi; readonly writes: () => number } {
  let writes = 0;
  const counted = new Proxy(inner, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const query = args.at(-1);
        const isRehearsal = isFields(query) && query['dryRun'] !== undefined;
        if (['patch', 'create', 'delete'].includes(String(name)) && !isRehearsal) writes += 1;
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { api: counted, writes: () => writes };
}

async function get(object: KubeObject): Promise<KubeObject> {
  const found = await api.get(await api.resourceType(object.apiVersion, object.kind), object.metadata);
  if (found === undefined) throw new Error(`${named(object)} is gone`);
  return found;
}

async function patch(object: KubeObject, operations: Change['patch']): Promise<KubeObject> {
  const type = await api.resourceType(object.apiVersion, object.kind);
  return api.patch(type, object.metadata, 'application/json-patch+json', operations, { fieldManager: 'somebody' });
}

/**
 * What the API server says that applying `desired` would make of what is there: the judge of what is drift. undefined: it would refuse, since
 * what somebody has added cannot be beside what we want, such as a second source of one volume.
 */
async function rehearsed(desired: KubeObject): Promise<KubeObject | undefined> {
  const type = await api.resourceType(desired.apiVersion, desired.kind);
  const query = { fieldManager: 'duotel', force: true, dryRun: 'All' };
  return api.patch(type, desired.metadata, 'application/apply-patch+yaml', desired, query).catch((error: unknown) => {
    if (isApiError(error, 'Invalid')) return undefined;
    throw error;
  });
}

/** Sets back what somebody has changed and nobody has repaired; makes the object anew where the change has no way back. */
async function undo(desired: KubeObject, before: KubeObject): Promise<void> {
  const live = await get(before);
  const operations = (from: object, to: object, at: string): Change['patch'] =>
    [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name): Change['patch'] => {
      const [was, is] = [to, from].map((one) => (one as Record<string, unknown>)[name]);
      if (isDeepStrictEqual(was, is)) return [];
      return [was === undefined ? { op: 'remove', path: `${at}/${name}` } : { op: 'add', path: `${at}/${name}`, value: was }];
    });
  const kept = ({ metadata }: KubeObject): object => ({
    labels: metadata.labels,
    annotations: metadata.annotations,
    finalizers: metadata.finalizers,
  });
  const body = ({ metadata: _, status: __, ...rest }: KubeObject): object => rest;
  const all = [...operations(body(live), body(before), ''), ...operations(kept(live), kept(before), '/metadata')];
  if (all.length === 0) return;
  try {
    await patch(before, all);
  } catch {
    await api.delete(await api.resourceType(before.apiVersion, before.kind), before.metadata);
    await applySet({ api, desired: [desired], inventory: [] });
  }
}

interface Tally {
  repaired: number;
  left: number;
  stuck: number;
  refused: number;
}

/** Makes changes to one object until enough were taken, and has a pass look after each. Returns what was wrong. */
async function tryChanges(desired: KubeObject, server: ServerSchema, random: () => number, tally: Tally): Promise<readonly string[]> {
  const wrong: string[] = [];
  let now = 0;
  const warm = new ApplyMemory(() => now);
  const policies = { owner: { label: STACK_LABEL, value: 'duotel' } };
  const before = await get(desired);
  const changes = changesOf(before, server).filter(
    ({ patch: [first] }) => first?.path !== `/metadata/labels/${STACK_LABEL.replace('/', '~1')}`,
  );
  for (let taken = 0, tries = 0; taken < CHANGES && tries < 25 * CHANGES; tries += 1) {
    const [change] = changes.splice(Math.floor(random() * changes.length), 1);
    if (change === undefined) break;
    const changed = await patch(desired, change.patch).catch(() => undefined);
    if (changed === undefined || isDeepStrictEqual(content(changed), content(before))) {
      tally.refused += 1;
      continue;
    }
    taken += 1;
    // Long after the last repair, so that nobody takes us for rivals.
    now += 3_600_000;
    const answer = await rehearsed(desired);
    const expected = content(answer ?? changed);
    const isDrift = answer !== undefined && !isDeepStrictEqual(expected, content(changed));
    const ours = isOfOurs(desired, change, server);
    const counted = counting(api);
    // A process that was there all along, and one that has just started, by turns.
    const memory = taken % 2 === 0 ? warm : new ApplyMemory(() => now);
    const { results } = await applySet({ api: counted.api, desired: [desired], inventory: [objectEntry(changed)], memory, policies });
    const after = await get(desired);
    const say = (what: string): void => {
      wrong.push(`${named(desired)}: ${change.about}: ${what} (${results.map(({ outcome }) => outcome).join()})`);
    };
    const writes = counted.writes();
    if (answer === undefined) {
      if (results[0]?.problem?.reason !== 'ObjectRefused') say('it cannot be repaired, and nobody is told');
    } else {
      if (isDrift !== ours) say(`the schema says ${ours ? 'ours' : 'theirs'}, and applying ${isDrift ? 'changes' : 'leaves'} it`);
      if (writes !== (isDrift ? 1 : 0)) say(`${writes} writes of what ${isDrift ? 'differs' : 'is as it should be'}`);
    }
    if (!isDeepStrictEqual(content(after), expected)) say('it is not as the API server would have made it');
    tally[answer === undefined ? 'stuck' : isDrift ? 'repaired' : 'left'] += 1;
    await undo(desired, before);
  }
  return wrong;
}

describe.each(STACKS)(`any change of one leaf or one item of a %s stack, with seed ${SEED}`, (namespace, spec) => {
  it('is repaired where it is of a field, or of a list that is one value, that we render; and nothing else is written', async () => {
    await must(cluster, ['create', 'namespace', namespace]);
    const desired = synthStack({ name: 'duotel', namespace, spec: resolveStackSpec(spec as TelemetryStackSpec) });
    const made = await applySet({ api, desired, inventory: [] });
    expect(made.results.flatMap(({ problem }) => problem?.message ?? [])).toEqual([]);
    const server = await ServerSchema.of(api, desired);
    const tally: Tally = { repaired: 0, left: 0, stuck: 0, refused: 0 };
    const found = await pooled([...desired.entries()], 8, ([index, object]) => tryChanges(object, server, seeded(SEED + index), tally));
    const wrong = found.flat();
    expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
    // Enough of both, or it has shown nothing.
    if (process.env['DRIFT_TALLY']) process.stderr.write(`${JSON.stringify(tally)}\n`);
    expect(tally.repaired).toBeGreaterThan(2 * desired.length);
    expect(tally.left).toBeGreaterThan(desired.length / 2);
  });
});
