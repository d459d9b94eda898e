import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../../api/kube-object.ts';
import { eventually } from '../../support/time/eventually.ts';
import { isOver } from '../../support/time/is-over.ts';
import type { Passed } from './fault-proxy.ts';
import type { OperatorOptions } from './operator-process.ts';
import { differences, type Snapshot, snapshot } from './snapshot.ts';
import { type World, workload } from './world.ts';

/** The life of a stack and of a workload: the cases that each row of the matrix is tried in. */
export const PHASES = ['create', 'inject', 'update', 'prune', 'revert', 'delete'] as const;
export type Phase = (typeof PHASES)[number];

const STACK = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'duotel', namespace: 'duotel' }, spec: {} };

/** What a person does in a phase. */
export const ACTS: Readonly<Record<Phase, (world: World) => Promise<unknown>>> = {
  create: ({ admin }) => admin.create(STACK),
  inject: ({ admin }) => annotate(admin, { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python' }),
  update: ({ admin }) =>
    admin.patch('TelemetryStack', 'duotel', {
      spec: {
        collector: { resources: { limits: { memory: '1536Mi' } } },
        jaeger: { retention: '72h' },
        injection: { deploymentEnvironment: 'staging' },
      },
    }),
  prune: ({ admin }) => admin.patch('TelemetryStack', 'duotel', { spec: { grafana: { mode: 'none' } } }),
  revert: ({ admin }) => annotate(admin, { 'duotel.io/backend': null, 'duotel.io/bootstrap': null }),
  delete: ({ admin }) => admin.delete('TelemetryStack', 'duotel'),
};

function annotate(admin: World['admin'], annotations: Readonly<Record<string, string | null>>): Promise<unknown> {
  return admin.patch('Deployment', workload().metadata.name, { metadata: { annotations } }, 'shop');
}

/** How a phase ended: what was there, and what was created and deleted on the way. */
export interface PhaseEnd {
  readonly state: Snapshot;
  /** `create resource namespace/name` and `delete ...`, each with its number. */
  readonly counts: Readonly<Record<string, number>>;
}
export type Reference = Readonly<Record<Phase, PhaseEnd>>;

export interface Scenario {
  /** Default: all. */
  readonly phases?: readonly Phase[];
  /** Before a phase's act; the rules it adds are taken away when the phase has settled. */
  readonly during?: (phase: Phase, world: World) => Promise<void> | void;
  /** Between the act and the settling. */
  readonly acted?: (phase: Phase, world: World) => Promise<void> | void;
  /** After the phase has settled and was compared. */
  readonly after?: (phase: Phase, world: World) => Promise<void> | void;
  /** The longest that a phase may take to reach its end; 60 s at least, for a machine that is busy. */
  readonly seconds?: number;
  readonly operator?: Partial<OperatorOptions>;
  /** Rules stay from phase to phase. */
  readonly lasting?: boolean;
  /** Counts of creations and deletions that may differ from the reference; default none. */
  readonly tolerated?: (difference: string) => boolean;
}

export interface Journey {
  readonly phases: number;
  readonly seconds: number;
  readonly writes: number;
  readonly requests: number;
  /** Requests that a rule struck. */
  readonly faults: number;
  /** Bytes of heap and open descriptors at the end of `prune`. */
  readonly heap?: number;
  readonly descriptors?: number;
  /** What else was counted. */
  readonly note?: string;
}

/** Writes that count: events tell, they change nothing. */
export function objectWrites(passed: readonly Passed[]): readonly Passed[] {
  return passed.filter(({ write, request, status }) => write && request.resource !== 'events' && status >= 200 && status < 300);
}

export function describeWrite({ request }: Passed): string {
  const { verb, resource, subresource, namespace } = request;
  const name = request.name || String((JSON.parse(request.body) as { metadata?: { name?: string } }).metadata?.name);
  return `${verb} ${resource}${subresource && `/${subresource}`} ${namespace}/${name}`;
}

/** Creations and deletions that the API server carried out, each with its number. */
export function counts(passed: readonly Passed[]): Readonly<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const one of objectWrites(passed)) {
    const did = one.request.verb === 'delete' ? 'delete' : one.status === 201 ? 'create' : undefined;
    if (did === undefined) continue;
    const key = describeWrite(one).replace(/^\w+/, did);
    result[key] = (result[key] ?? 0) + 1;
  }
  return result;
}

/** Waits until the operator has made no write for `ms`. */
export async function quiet(world: World, ms: number, limitMs = 60_000): Promise<void> {
  const begun = performance.now();
  const last = (): number => world.proxy.passed.findLast(({ write }) => write)?.at ?? 0;
  while (performance.now() - last() < ms) {
    if (isOver(begun, limitMs / 1000)) {
      const lines = world.proxy.passed
        .filter(({ write }) => write)
        .slice(-6)
        .map((one) => `${describeWrite(one)} -> ${one.status}`);
      throw new Error(`the operator is not quiet within ${limitMs / 1000} s; its last writes: ${lines.join('; ')}`);
    }
    await sleep(Math.min(100, ms));
  }
}

/** Waits until the cluster is as the reference says and the operator is quiet. Of several ends that are right, any one will do. */
export async function settle(
  world: World,
  phase: Phase,
  expected: PhaseEnd | readonly PhaseEnd[],
  seconds = 60,
  quietMs = 700,
): Promise<void> {
  const ends = [expected].flat();
  const missing = async (): Promise<readonly string[]> => {
    const now = await snapshot(world.admin);
    const found = ends.map(({ state }) => differences(state, now));
    return found.sort((a, b) => a.length - b.length)[0] ?? [];
  };
  const begun = performance.now();
  for (;;) {
    const found = await missing();
    if (found.length === 0) break;
    if (isOver(begun, seconds)) throw new Error(`${phase}: not the fault-free state after ${seconds} s: ${found.slice(0, 8).join('; ')}`);
    await sleep(150);
  }
  await quiet(world, quietMs);
  // Quiet may come before the end, or after one step too many.
  const found = await missing();
  if (found.length > 0) throw new Error(`${phase}: the state did not last: ${found.slice(0, 8).join('; ')}`);
}

/** How a phase ends for a workload that nobody has injected into before: it has no further rollouts. */
export function uninjected(expected: Reference, phase: Phase): PhaseEnd {
  const { state, counts: counted } = expected[phase];
  return { state: { ...state, [APP]: expected.create.state[APP] }, counts: counted };
}

/**
 * How `update` may end when `inject` came in the same outage. There is no order between the events of two kinds: a workload that is seen
 * first is injected with the former settings, and rolled out again with the new ones, as without a fault; one that is seen after the
 * stack is rolled out once.
 */
export function injectedMeanwhile({ inject, update }: Reference): readonly PhaseEnd[] {
  const [injected, app] = [inject.state[APP] as KubeObject, update.state[APP] as KubeObject];
  const name = 'deployment.kubernetes.io/revision';
  const annotations = { ...app.metadata.annotations, [name]: injected.metadata.annotations?.[name] ?? '' };
  return [update, { ...update, state: { ...update.state, [APP]: { ...app, metadata: { ...app.metadata, annotations } } } }];
}

/** What a phase is for: the fault-free run is there when this holds, and no test can pass without it. */
const REACHED: Readonly<Record<Phase, (state: Snapshot) => boolean>> = {
  create: (state) => Object.keys(state).length > 20 && holds(state, 'TelemetryStack/duotel/duotel', '"current":true'),
  inject: (state) => holds(state, APP, 'OTEL_EXPORTER_OTLP_ENDPOINT') && holds(state, APP, '"managers":[]'),
  update: (state) =>
    holds(state, 'StatefulSet/duotel/duotel-collector', '1536Mi') && (holds(state, APP, 'staging') || !holds(state, APP, 'OTEL_')),
  prune: (state) => !Object.keys(state).some((key) => /^(?!Secret).*duotel-grafana/.test(key)),
  revert: (state) => !holds(state, APP, 'OTEL_') && !Object.keys(state).some((key) => key.startsWith('ConfigMap/shop/')),
  delete: (state) => !Object.keys(state).some((key) => key.includes('/duotel/') && !key.startsWith('Secret/')),
};
const APP = 'Deployment/shop/my-rag';

/** Waits until a phase without faults has done what it is for and the operator is quiet. */
export async function reached(world: World, phase: Phase): Promise<Snapshot> {
  await eventually(`the end of ${phase}`, async () => REACHED[phase](await snapshot(world.admin)), 120);
  await quiet(world, 2500);
  return snapshot(world.admin);
}

function holds(state: Snapshot, key: string, text: string): boolean {
  return JSON.stringify(state[key])?.includes(text) ?? false;
}

/** The journey without a fault: what all others are compared with. */
export async function reference(world: World): Promise<Reference & { readonly journey: Journey }> {
  await world.reset();
  const begun = performance.now();
  await world.restart();
  const ends: Partial<Record<Phase, PhaseEnd>> = {};
  let holdings = { heap: 0, descriptors: 0 };
  for (const phase of PHASES) {
    const mark = world.proxy.passed.length;
    await ACTS[phase](world);
    ends[phase] = { state: await reached(world, phase), counts: counts(world.proxy.passed.slice(mark)) };
    if (phase === 'prune') holdings = await world.operator.holdings();
  }
  if (world.operator.errors !== '') throw new Error(`the fault-free run wrote to standard error: ${world.operator.errors}`);
  return { ...(ends as Reference), journey: summary(world, PHASES, begun, holdings) };
}

/** Takes a stack and a workload through their life under a fault and compares each step with the fault-free run. */
export async function journey(world: World, expected: Reference & { readonly journey: Journey }, scenario: Scenario): Promise<Journey> {
  const { phases = PHASES, tolerated = () => false } = scenario;
  await world.reset();
  const begun = performance.now();
  await world.restart(scenario.operator);
  let holdings: { heap: number; descriptors: number } | undefined;
  for (const phase of phases) {
    const mark = world.proxy.passed.length;
    await scenario.during?.(phase, world);
    await ACTS[phase](world);
    await scenario.acted?.(phase, world);
    await settle(world, phase, expected[phase], Math.max(60, scenario.seconds ?? 0));
    if (!scenario.lasting) world.proxy.clear();
    const found = differences(expected[phase].counts, counts(world.proxy.passed.slice(mark))).filter((one) => !tolerated(one));
    if (found.length > 0) throw new Error(`${phase}: creations and deletions are not those of the fault-free run: ${found.join('; ')}`);
    await scenario.after?.(phase, world);
    if (phase === 'prune') {
      await silent(world);
      holdings = await world.operator.holdings();
      bounded(holdings, expected.journey);
    }
  }
  for (const { errors } of world.operators)
    if (errors !== '') throw new Error(`an operator wrote to standard error: ${errors.slice(0, 2000)}`);
  return summary(world, phases, begun, holdings);
}

/** How long nothing may be written once all is well: longer than a stream lasts, than a watch backs off, and than the longest look-again. */
export const SILENCE_SECONDS = Number(process.env['DUOTEL_FAULTS_SILENCE'] ?? 60);

/**
 * Nothing is written for {@link SILENCE_SECONDS}. The state may be right before the operator is done: its last status, or event, comes
 * after the objects; on a busy machine much later. @returns that, for people.
 */
export async function silent(world: World): Promise<string> {
  await quiet(world, 2000);
  const mark = world.proxy.passed.length;
  await sleep(SILENCE_SECONDS * 1000);
  const writes = world.proxy.passed.slice(mark).filter(({ write }) => write);
  if (writes.length > 0)
    throw new Error(`${writes.length} writes in ${SILENCE_SECONDS} s of silence: ${writes.slice(0, 6).map(describeWrite).join('; ')}`);
  return `0 writes in ${SILENCE_SECONDS} s of silence`;
}

/** Room for what a runtime does by itself; a leak of a fault grows with the number of its strikes. */
const HEAP_ROOM = 12 * 1024 * 1024;
const DESCRIPTOR_ROOM = 24;

function bounded(now: { readonly heap: number; readonly descriptors: number }, before: Journey): void {
  const { heap = 0, descriptors = 0 } = before;
  if (now.heap > heap + HEAP_ROOM) throw new Error(`heap is ${mebibytes(now.heap)}, without faults ${mebibytes(heap)}`);
  if (now.descriptors > descriptors + DESCRIPTOR_ROOM)
    throw new Error(`${now.descriptors} open descriptors, without faults ${descriptors}`);
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function summary(world: World, phases: readonly Phase[], begun: number, holdings?: { heap: number; descriptors: number }): Journey {
  const { passed } = world.proxy;
  return {
    phases: phases.length,
    seconds: (performance.now() - begun) / 1000,
    writes: objectWrites(passed).length,
    requests: passed.length,
    faults: passed.filter(({ fault }) => fault !== undefined).length,
    ...holdings,
  };
}
