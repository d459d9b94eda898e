import type { KubeObject } from '../../../api/kube-object.ts';
import { DEFAULT_STACK_CONFIG, DEFAULT_STACK_MANAGER, SYSTEM_NAMESPACE } from '../../../api/names.ts';
import { statusOf } from '../../../api/stack-status.ts';
import type { BarePod } from '../../survey/bare-pods.ts';
import type { BarePodsFound } from '../../survey/list-bare-pods.ts';
import { stackSettings } from '../../survey/stacks.ts';
import { barePodsText } from './bare-pods-text.ts';
import { table } from './table.ts';
import { type WorkloadRow, workloadRow } from './workload-row.ts';

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

export interface StatusReport {
  /** Every stack is ready, no workload is blocked, pending or unseen, and no bare Pod asks by itself. */
  readonly ok: boolean;
  /** false: the user may not list them, and `ok` does not speak of them. */
  readonly stacksSeen: boolean;
  readonly stacks: readonly StackRow[];
  readonly workloads: readonly WorkloadRow[];
  /** Objects that ask for telemetry and can not be injected, because no workload makes them. */
  readonly barePods: readonly BarePod[];
  /** What the command could not look at. */
  readonly notes: readonly string[];
}

export interface StatusSurroundings extends BarePodsFound {
  /** By name. A missing one counts as one without annotations. Default: none. */
  readonly namespaces?: ReadonlyMap<string, KubeObject>;
}

/**
 * One report of what the objects' own status and annotations say. Where the operator writes nothing, it says what the operator would say.
 * @param stacks undefined: the user may not list them. The workloads then say how things are.
 */
export function statusReport(
  stacks: readonly KubeObject[] | undefined,
  workloads: readonly KubeObject[],
  { barePods, notes, namespaces = new Map() }: StatusSurroundings = { barePods: [], notes: [] },
): StatusReport {
  const stackRows = stacks?.map(stackRow) ?? [];
  const counted = stackSettings(stacks?.filter(({ metadata }) => metadata.namespace === SYSTEM_NAMESPACE) ?? []);
  const workloadRows = workloads.flatMap((workload) => {
    const name = workload.metadata.namespace ?? '';
    const namespace = namespaces.get(name) ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    return workloadRow(workload, namespace, counted) ?? [];
  });
  const stacksOk = stacks === undefined || (stackRows.length > 0 && stackRows.every((row) => row.ready === 'True' && row.current));
  const unseen = `TelemetryStacks are left out: you may not list telemetrystacks in namespace ${SYSTEM_NAMESPACE}`;
  return {
    ok:
      stacksOk &&
      workloadRows.every((row) => row.state === 'injected' || row.state === 'off') &&
      barePods.every(({ asked }) => asked === 'namespace'),
    stacksSeen: stacks !== undefined,
    stacks: stackRows,
    workloads: workloadRows,
    barePods,
    notes: stacks === undefined ? [unseen, ...notes] : notes,
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

/** The second command does what the operator itself would do, so that later changes of `dist` still reach the stack. */
const NO_STACK = `No TelemetryStack. kubectl apply -f dist installs the operator, which creates one. If somebody deleted it, this brings it back:
kubectl -n ${SYSTEM_NAMESPACE} get configmap ${DEFAULT_STACK_CONFIG} -o jsonpath='{.data.telemetrystack\\.yaml}' | kubectl apply --server-side --field-manager=${DEFAULT_STACK_MANAGER} -f -
`;

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
  const stackTable =
    stacks.length === 0 ? NO_STACK : table(titles('namespace', 'stack', 'component', 'ready', 'reason', 'message'), stacks);
  return [
    ...(report.stacksSeen ? [stackTable] : []),
    workloads.length === 0
      ? 'No workload is annotated: kubectl annotate deployment/NAME duotel.io/backend=both\n'
      : table(titles('namespace', 'workload', 'backend', 'state', 'reason', 'message'), workloads),
    ...barePodsText(report),
  ].join('\n');
}
