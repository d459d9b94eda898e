import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../api/kube-object.ts';
import { DEFAULT_STACK, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { isApiError, type KubeApi } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { STACK_KINDS } from '../../src/stacks/kinds.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { synth } from '../demo/synth.ts';
import { say, step } from '../lib/progress.ts';
import { ToolError } from '../lib/tool-error.ts';
import { type AuditedRequest, AuditReader, isOperatorWrite } from '../scale/audit-reader.ts';
import { type CuttableRelay, openCuttableRelay } from '../scale/cuttable-relay.ts';
import { startFakeNodes } from '../scale/fake-nodes.ts';
import { type OperatorProcess, startOperatorProcess } from '../scale/operator-process.ts';
import { sampleProcess } from '../scale/process-sample.ts';
import { applyChange } from './apply-change.ts';
import { type Change, deploymentOf, nextChange, type SoakWorkload, soakWorkloads } from './churn.ts';
import { stackFaults, workloadFaults } from './oracle.ts';
import { SeededRandom } from './random.ts';
import type { SoakEnd, SoakResult } from './report.ts';
import { makeSample, type Sample } from './sample.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly workloads: number;
  readonly stacks: number;
  readonly changesPerSecond: number;
  /** Every connection of the operator is cut after this many minutes, again and again; 0: never. */
  readonly cutMinutes: number;
  readonly seed: number;
  readonly commit: string;
  /** Where manifests, program and logs go. */
  readonly folder: string;
  /** Ends the churn early: the result so far is returned, its end `interrupted`. */
  readonly signal: AbortSignal;
}

const SETTLE_LIMIT_MS = 180_000;
const QUIET_MS = 10_000;
/** An operator that has not written for this long will not mend what is still wrong: its longest retry so early is shorter. */
const GIVE_UP_MS = 45_000;
const SILENCE_MS = 60_000;
/** Who makes what the operator works on. */
const USER = { fieldManager: 'soak' };

/** What goes on while the churn runs. */
interface Run {
  readonly options: SoakOptions;
  readonly api: KubeApi;
  readonly operator: OperatorProcess;
  readonly relay: CuttableRelay;
  readonly audit: AuditReader;
  readonly node: string;
  readonly model: Map<string, SoakWorkload>;
  readonly stacks: readonly string[];
  readonly changes: Record<string, number>;
  readonly writes: Record<string, number>;
  readonly samples: Sample[];
  readonly startedAt: number;
  lastWrite: number;
  cuts: number;
}

/** Runs an operator against a real API server under churn and says how it did. Everything it starts is ended. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const started = new Date().toISOString();
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const run = await setUp(options, ends);
    const end = await outcome(run);
    return {
      commit: options.commit,
      started,
      minutes: (performance.now() - run.startedAt) / 60_000,
      seed: options.seed,
      workloads: options.workloads,
      stacks: run.stacks.length,
      cuts: run.cuts,
      changes: run.changes,
      samples: run.samples,
      end,
    };
  } finally {
    for (const endOne of ends.reverse()) await endOne().catch((error: unknown) => say(`while ending: ${String(error)}`));
  }
}

async function setUp(options: SoakOptions, ends: (() => Promise<unknown>)[]): Promise<Run> {
  const { folder } = options;
  const dist = await step('rendering the manifests', () => synth(folder, false));
  const cluster = await step('starting a control plane', () => startControlPlane({ audit: true }));
  ends.push(() => cluster.stop());
  const nodes = await step('starting a fake node', () => startFakeNodes(cluster, folder));
  ends.push(() => nodes.stop());
  await must(cluster, ['apply', '--server-side', '-f', dist]);
  const audit = new AuditReader(cluster.auditLog);
  const relay = await openCuttableRelay(await serverOf(cluster));
  ends.push(() => relay.close());
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  ends.push(() => api.close());
  const tokenHours = Math.ceil(options.minutes / 60) + 1;
  const operator = await startOperatorProcess({ cluster, dist, folder, server: relay.url, tokenHours });
  ends.push(() => operator.stop());
  const stacks = await createStacks(api, options.stacks);
  const node = nodes.names[0] ?? '';
  const workloads = soakWorkloads(options.workloads, stacks);
  await step(`creating ${workloads.length} Deployments`, () => createWorkloads(api, workloads, node));
  const model = new Map(workloads.map((workload) => [`${workload.namespace}/${workload.name}`, workload]));
  const startedAt = performance.now();
  return {
    options,
    api,
    operator,
    relay,
    audit,
    node,
    model,
    stacks,
    changes: {},
    writes: {},
    samples: [],
    startedAt,
    lastWrite: startedAt,
    cuts: 0,
  };
}

async function outcome(run: Run): Promise<SoakEnd> {
  const died = run.operator.ended.then((code) => {
    throw new ToolError(`the operator ended with code ${code}; its log: ${run.operator.log}`);
  });
  try {
    await Promise.race([churn(run), died]);
    await Promise.race([takeSample(run), died]);
    if (run.options.signal.aborted) return { type: 'interrupted' };
    return await Promise.race([checkEnd(run), died]);
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function churn(run: Run): Promise<void> {
  const { options } = run;
  const random = new SeededRandom(options.seed);
  const until = run.startedAt + options.minutes * 60_000;
  const interval = 1000 / options.changesPerSecond;
  let nextSample = run.startedAt;
  let nextCut = options.cutMinutes > 0 ? run.startedAt + options.cutMinutes * 60_000 : Number.POSITIVE_INFINITY;
  for (let count = 1; performance.now() < until && !options.signal.aborted; count++) {
    const began = performance.now();
    if (began >= nextSample) {
      await takeSample(run);
      nextSample += 60_000;
    }
    if (began >= nextCut) {
      run.relay.cut();
      run.cuts += 1;
      nextCut += options.cutMinutes * 60_000;
    }
    const change = nextChange(random, [...run.model.values()], run.stacks, count);
    if (await tryChange(run, change)) {
      run.changes[change.type] = (run.changes[change.type] ?? 0) + 1;
      if ('workload' in change) run.model.set(`${change.workload.namespace}/${change.workload.name}`, change.workload);
    }
    await sleep(Math.max(0, interval - (performance.now() - began)));
  }
}

/** false when the API server would not have it; nothing has changed then. */
async function tryChange(run: Run, change: Change): Promise<boolean> {
  try {
    await applyChange(run.api, change, run.node);
    return true;
  } catch (error) {
    if (!isApiError(error)) throw error;
    say(`change ${change.type} was refused: ${error.message}`);
    return false;
  }
}

async function takeSample(run: Run): Promise<void> {
  countWrites(run);
  const minute = (performance.now() - run.startedAt) / 60_000;
  const changes = Object.values(run.changes).reduce((sum, count) => sum + count, 0);
  const sample = makeSample(minute, sampleProcess(run.operator.pid), await run.operator.metrics(), { changes, writes: { ...run.writes } });
  run.samples.push(sample);
  const writes = Object.values(sample.writes).reduce((sum, count) => sum + count, 0);
  say(
    `minute ${minute.toFixed(0)} of ${run.options.minutes}: ${changes} changes, ${writes} writes, RSS ${sample.rssMb.toFixed(1)} MB, ${sample.fds} fds, ${sample.reconcileErrors ?? '-'} errors, ${sample.watchTroubles ?? '-'} watch troubles`,
  );
}

/** Adds the writes that the audit log has gained, and returns them. */
function countWrites(run: Run): readonly AuditedRequest[] {
  const writes = run.audit.next().filter(isOperatorWrite);
  for (const { verb, resource, subresource } of writes) {
    const key = `${verb} ${resource}${subresource && `/${subresource}`}`;
    run.writes[key] = (run.writes[key] ?? 0) + 1;
  }
  if (writes.length > 0) run.lastWrite = performance.now();
  return writes;
}

/** Waits for the operator to have nothing left to do, compares the cluster with the model, and listens for a minute. */
async function checkEnd(run: Run): Promise<SoakEnd> {
  const stopped = performance.now();
  say('the churn is over, waiting for silence');
  countWrites(run);
  run.lastWrite = stopped;
  let faults: readonly string[] = [];
  for (;;) {
    await sleep(1000);
    countWrites(run);
    faults = await findFaults(run);
    const now = performance.now();
    if (faults.length === 0 && now - run.lastWrite > QUIET_MS) break;
    if (now - stopped > SETTLE_LIMIT_MS || now - run.lastWrite > GIVE_UP_MS) break;
  }
  const settledSeconds = (run.lastWrite - stopped) / 1000;
  await sleep(SILENCE_MS);
  const late = countWrites(run);
  for (const { verb, resource, subresource, name } of late) say(`written in the silence: ${verb} ${resource}/${subresource} ${name}`);
  return { type: 'checked', settledSeconds, silentSeconds: SILENCE_MS / 1000, writesInSilence: late.length, faults };
}

async function findFaults({ api, model, stacks }: Run): Promise<readonly string[]> {
  const { items } = await api.list(await api.resourceType('apps/v1', 'Deployment'));
  const live = new Map(items.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
  const faults = [...model].flatMap(([key, wanted]) => workloadFaults(wanted, live.get(key)));
  const present = new Set<string>();
  for (const { apiVersion, kind } of STACK_KINDS) {
    const listed = await api.list(await api.resourceType(apiVersion, kind), { namespace: SYSTEM_NAMESPACE });
    for (const { metadata } of listed.items) present.add(`${kind}/${metadata.name}`);
  }
  const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
  for (const name of stacks) {
    const stack = await api.get(type, { name, namespace: SYSTEM_NAMESPACE });
    if (stack === undefined) faults.push(`TelemetryStack/${name} is not there`);
    else faults.push(...stackFaults(stack, (kind, object) => present.has(`${kind}/${object}`)));
  }
  return faults;
}

async function createStacks(api: KubeApi, count: number): Promise<readonly string[]> {
  const names = [DEFAULT_STACK, ...Array.from({ length: count - 1 }, (_, index) => `soak-${index + 1}`)];
  const { apiVersion, kind } = TELEMETRY_STACK;
  const type = await api.resourceType(apiVersion, kind);
  // The operator makes the default one where there is none at all: ours must not come before it.
  for (let tries = 1; (await api.get(type, { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE })) === undefined; tries++) {
    if (tries === 300) throw new ToolError('the operator has made no default TelemetryStack within 60 s');
    await sleep(200);
  }
  // No node takes their pods. Ten minutes after a change the status would say so, perhaps in the minute that is to be silent.
  const spec = { reconcile: { readinessDeadline: '24h' } };
  await api.patch(type, { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE }, 'application/merge-patch+json', { spec }, USER);
  for (const name of names.slice(1))
    await api.create(type, { apiVersion, kind, metadata: { name, namespace: SYSTEM_NAMESPACE }, spec }, USER);
  return names;
}

async function createWorkloads(api: KubeApi, workloads: readonly SoakWorkload[], node: string): Promise<void> {
  const [namespaces, deployments] = await Promise.all([api.resourceType('v1', 'Namespace'), api.resourceType('apps/v1', 'Deployment')]);
  for (const name of new Set(workloads.map(({ namespace }) => namespace)))
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, USER);
  for (const workload of workloads) await api.create(deployments, deploymentOf(workload, node) as KubeObject, USER);
}

async function must(cluster: ControlPlane, args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await cluster.kubectl(args, '', 120_000);
  if (code !== 0) throw new ToolError(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function serverOf(cluster: ControlPlane): Promise<string> {
  return must(cluster, ['config', 'view', '--output', 'jsonpath={.clusters[0].cluster.server}']);
}
