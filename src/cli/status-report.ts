import { ANNOTATION } from '../api/annotations.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { type OutcomeState, REASONS } from '../api/reason.ts';
import { statusOf } from '../control/stack-status.ts';
import { readRecord } from '../inject/record.ts';
import type { BarePod } from '../plan-cluster/bare-pods.ts';
import type { BarePodsFound } from '../plan-cluster/list-bare-pods.ts';
import { barePodsText } from './bare-pods-text.ts';
import { table } from './table.ts';

/** A TelemetryStack as `duotel status` shows it. */
export interface StackRow {
  readonly namespace: string;
  readonly name: string;
  /** `True`, `False` or `Unknown`; `Unknown` too where the operator has not looked yet. */
  readonly ready: string;
  readonly reason: string;
  readonly message: string;
  /** false: the status speaks of an older spec. */
  readonly current: boolean;
  readonly components: readonly { readonly name: string; readonly ready: boolean; readonly message: string }[];
}

/** A workload that carries one of our annotations. `unseen`: annotated, and the operator has written no status. */
export interface WorkloadRow {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly state: Exclude<OutcomeState, 'note'> | 'unseen';
  /** The mode that is in the pods, else the one that is asked for. */
  readonly backend: string;
  readonly reason: string;
  readonly message: string;
}

export interface StatusReport {
  /** Every stack is ready, no workload is blocked, pending or unseen, and no bare Pod asks by itself. */
  readonly ok: boolean;
  readonly stacks: readonly StackRow[];
  readonly workloads: readonly WorkloadRow[];
  /** What is asked and can not be injected, as no workload makes it. */
  readonly barePods: readonly BarePod[];
  /** What could not be looked at. */
  readonly notes: readonly string[];
}

/** What the objects' own status and annotations say, in one report. */
export function statusReport(
  stacks: readonly KubeObject[],
  workloads: readonly KubeObject[],
  { barePods, notes }: BarePodsFound = { barePods: [], notes: [] },
): StatusReport {
  const stackRows = stacks.map(stackRow);
  const workloadRows = workloads.flatMap((workload) => workloadRow(workload) ?? []);
  const stacksOk = stackRows.length > 0 && stackRows.every((row) => row.ready === 'True' && row.current);
  return {
    ok:
      stacksOk &&
      workloadRows.every((row) => row.state === 'injected' || row.state === 'off') &&
      barePods.every(({ asked }) => asked === 'namespace'),
    stacks: stackRows,
    workloads: workloadRows,
    barePods,
    notes,
  };
}

function stackRow(stack: KubeObject): StackRow {
  const { conditions = [], components = [], observedGeneration } = statusOf(stack);
  const ready = conditions.find((condition) => condition.type === 'Ready');
  const { name, namespace = '', generation } = stack.metadata;
  return {
    namespace,
    name,
    ready: ready?.status ?? 'Unknown',
    reason: ready?.reason ?? 'NotObserved',
    message: ready?.message ?? 'no status yet: is the operator running? kubectl logs -n duotel deployment/duotel-operator',
    current: observedGeneration === generation,
    components: components.map(({ name, ready, message }) => ({ name, ready, message })),
  };
}

/** undefined: none of our annotations is on it, and none of what we set is in it. */
function workloadRow(workload: KubeObject): WorkloadRow | undefined {
  const annotations = workload.metadata.annotations ?? {};
  const line = annotations[ANNOTATION.status];
  const asked = annotations[ANNOTATION.backend];
  const record = readRecord(workload);
  if (line === undefined && asked === undefined && record === 'absent') return undefined;
  const { name, namespace = '' } = workload.metadata;
  const backend = typeof record === 'string' ? (asked ?? '') : record.backend;
  const common = { namespace, kind: workload.kind, name, backend };
  if (line === undefined) {
    return {
      ...common,
      state: 'unseen',
      reason: 'NotObserved',
      message: 'the operator has not looked at it: kubectl logs -n duotel deployment/duotel-operator',
    };
  }
  return { ...common, ...parseStatusLine(line) };
}

/** The parts of a `duotel.io/status` annotation: `Injected both`, `Blocked Reason: message`, `Pending Reason: message`, `Reverted`. */
export function parseStatusLine(line: string): { readonly state: WorkloadRow['state']; readonly reason: string; readonly message: string } {
  const match = /^(?:(?:Blocked|Pending) )?(\w+)(?:[:;]? *)(.*)$/s.exec(line);
  const [reason, message] = [match?.[1] ?? '', match?.[2] ?? ''];
  const state = Object.hasOwn(REASONS, reason) ? REASONS[reason as keyof typeof REASONS].state : undefined;
  // A line of another release, or written by hand.
  if (state === undefined || state === 'note') return { state: 'unseen', reason: 'NotUnderstood', message: line };
  return { state, reason, message };
}

/** The report for people. */
export function statusTables(report: StatusReport): string {
  const stacks = report.stacks.flatMap((stack) => [
    [stack.namespace, stack.name, '', stack.ready, stack.current ? stack.reason : `${stack.reason} (of an older spec)`, stack.message],
    ...stack.components.map(({ name, ready, message }) => ['', '', name, ready ? 'True' : 'False', '', message]),
  ]);
  const workloads = report.workloads.map(({ namespace, kind, name, state, backend, reason, message }) => [
    namespace,
    `${kind.toLowerCase()}/${name}`,
    backend,
    state,
    reason,
    message,
  ]);
  const titles = (...names: readonly string[]) => names.map((title) => ({ title }));
  const none = 'No TelemetryStack: kubectl apply -f dist brings the operator, which creates one.\n';
  return [
    stacks.length === 0 ? none : table(titles('namespace', 'stack', 'component', 'ready', 'reason', 'message'), stacks),
    workloads.length === 0
      ? 'No workload is annotated: kubectl annotate deployment/NAME duotel.io/backend=both\n'
      : table(titles('namespace', 'workload', 'backend', 'state', 'reason', 'message'), workloads),
    ...barePodsText(report),
  ].join('\n');
}
