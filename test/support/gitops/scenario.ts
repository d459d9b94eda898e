import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../cluster/audit-log.ts';
import { must } from '../cluster/installation.ts';
import type { TemplateHistory } from '../cluster/template-history.ts';
import { eventually } from '../time/eventually.ts';
import { type App, deployment } from './app.ts';
import { CHANGES, type Change } from './changes.ts';
import type { Delivery, Target } from './deliveries.ts';
import { type Expected, expected, type Mode, PHASES, type Phase } from './expected.ts';

/** A workload after one phase, beside the one that was delivered with it and never annotated. */
export interface Found {
  readonly app: KubeObject | undefined;
  readonly twin: KubeObject | undefined;
  /** Rollouts of the phase: the twin's, and what the app had more. */
  readonly theirs: number;
  readonly ours: number;
}

export interface ScenarioResult {
  /** By id of the change, then by phase. A phase that was not reached is not there. */
  readonly found: Readonly<Record<string, Partial<Record<Phase, Found>>>>;
  /** Findings of the tool other than `in sync`: phase, kind of diff, object, difference. */
  readonly outOfSync: readonly string[];
  /** Number of objects that the tool compared. */
  readonly compared: number;
  /** What the operator wrote in two seconds after all had settled. */
  readonly restless: readonly string[];
  /** Names of what is left in the namespace at the end. */
  readonly left: readonly string[];
  /** Why it ended early. */
  readonly error?: unknown;
}

const TWIN = '-twin';
const QUIET_MS = 800;
const SETTLE_LIMIT_MS = 240_000;

export function changesOf(mode: Mode): readonly Change[] {
  return CHANGES.filter(({ inManifestOnly }) => mode === 'manifest' || inManifestOnly !== true);
}

/**
 * One tool, one namespace, every change at once: each change has a workload and its twin, and the tool delivers them all with each call.
 * Never throws: what went wrong is in the result.
 */
export async function runScenario(
  cluster: ControlPlane,
  history: TemplateHistory,
  delivery: Delivery,
  mode: Mode,
): Promise<ScenarioResult> {
  const target: Target = { cluster, namespace: `${delivery.id}-${mode}` };
  const found: Record<string, Partial<Record<Phase, Found>>> = {};
  const outOfSync: string[] = [];
  let compared = 0;
  let restless: readonly string[] = [];
  let left: readonly string[] = [];
  const changes = changesOf(mode);
  const before = new Map<string, number>();

  const objects = (phase: Phase): readonly KubeObject[] =>
    changes.flatMap((change) => {
      const app = phase === 'changed' ? change.changed : change.base;
      const { annotations: _, ...bare } = app;
      const asked: App = mode === 'manifest' && phase !== 'off' ? app : bare;
      return [deployment(change.id, target.namespace, asked), deployment(`${change.id}${TWIN}`, target.namespace, bare)];
    });

  async function deliver(phase: Phase): Promise<void> {
    if (phase === 'back') await delivery.back(target, objects(phase));
    else if (phase !== 'off' || mode === 'manifest') await delivery.apply(target, objects(phase));
    if (mode !== 'kubectl' || (phase !== 'installed' && phase !== 'off')) return;
    for (const [annotations, names] of Map.groupBy(changes, ({ base }) => JSON.stringify(base.annotations))) {
      const entries = Object.entries(JSON.parse(annotations) as Record<string, string>);
      const settings = entries.map(([key, value]) => (phase === 'off' ? `${key}-` : `${key}=${value}`));
      await must(cluster, ['annotate', '-n', target.namespace, ...names.map(({ id }) => `deployment/${id}`), ...settings]);
    }
  }

  function look(change: Change): Found {
    const { namespace } = target;
    const [app, twin] = [change.id, `${change.id}${TWIN}`].map((name) => history.get(namespace, name));
    const count = (name: string): number => history.rollouts(namespace, name) - (before.get(name) ?? 0);
    const theirs = count(`${change.id}${TWIN}`);
    return { app, twin, theirs, ours: count(change.id) - theirs };
  }

  try {
    await must(cluster, ['create', 'namespace', target.namespace]);
    for (const phase of PHASES) {
      await deliver(phase);
      const isAsExpected = (change: Change): boolean => meets(look(change), change, expected(delivery, mode, change)[phase], phase);
      await settled(history, target.namespace, () => changes.every(isAsExpected));
      for (const change of changes) found[change.id] = { ...found[change.id], [phase]: look(change) };
      for (const change of changes) {
        for (const name of [change.id, `${change.id}${TWIN}`]) before.set(name, history.rollouts(target.namespace, name));
      }
      const written = (from: number): readonly string[] =>
        operatorWrites(auditEvents(cluster.auditLog, from).filter(({ namespace }) => namespace === target.namespace)).map(line);
      // Copies of files that nobody mounts any more go after the last change of a workload.
      const rests = async (): Promise<boolean> => {
        const from = auditMark(cluster.auditLog);
        await sleep(1000);
        return written(from).length === 0;
      };
      if (phase === 'back') await eventually('the operator to rest', rests, SETTLE_LIMIT_MS / 1000);
      const mark = auditMark(cluster.auditLog);
      const until = performance.now() + 2000;
      // Flux's way to compare is to apply: it would take away what kubectl annotate has just set.
      const mayCompare = phase !== 'installed' || mode === 'manifest' || delivery.keepsKubectlAnnotations;
      for (const [kind, verdict] of mayCompare ? Object.entries(delivery.verdicts ?? {}) : []) {
        for (const [name, said] of Object.entries(await verdict(target, objects(phase)))) {
          compared += 1;
          if (said !== 'in sync') outOfSync.push(`${phase}: ${kind}: ${name}: ${said}`);
        }
      }
      if (phase === 'back') {
        await sleep(Math.max(0, until - performance.now()));
        restless = written(mark);
      }
    }
    await delivery.remove(target, objects('off'));
    const names = async (): Promise<readonly string[]> =>
      (await must(cluster, ['get', 'deployments,configmaps', '-n', target.namespace, '-o', 'name']))
        .split('\n')
        .filter((name) => name !== '' && name !== 'configmap/kube-root-ca.crt');
    const end = performance.now() + SETTLE_LIMIT_MS;
    do {
      left = await names();
      await sleep(left.length === 0 ? 0 : 200);
    } while (left.length > 0 && performance.now() < end);
    return { found, outOfSync, compared, restless, left };
  } catch (error) {
    return { found, outOfSync, compared, restless, left, error };
  }
}

/** Waits until it is as expected and nothing changes any more, or for good: what was found is judged later. */
async function settled(history: TemplateHistory, namespace: string, isDone: () => boolean): Promise<void> {
  const end = performance.now() + SETTLE_LIMIT_MS;
  while (performance.now() < end && !(isDone() && history.quietFor(namespace) > QUIET_MS)) await sleep(50);
}

function meets({ app, twin, ours, theirs }: Found, change: Change, { ours: wanted, status }: Expected, phase: Phase): boolean {
  const isDelivered = theirs === (phase === 'changed' || phase === 'back' ? change.theirs : 0);
  const managers = (app?.metadata.managedFields ?? []).map(({ manager }) => manager);
  const line = app?.metadata.annotations?.['duotel.io/status'];
  const isSaid = status === undefined ? line === undefined : line?.startsWith(status) === true;
  return app !== undefined && twin !== undefined && isDelivered && ours === wanted && isSaid && !managers.includes(FIELD_MANAGER);
}
