import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../../api/names.ts';
import { type OutcomeState, REASONS } from '../../../api/reason.ts';
import { decideWorkload } from '../../inject/decision/decide-workload.ts';
import { heldBack, suspendedStacks } from '../../inject/decision/suspension.ts';
import { readRecord } from '../../inject/record/record.ts';
import { settingsOf } from '../../inject/wishes/settings.ts';
import { presentStack } from '../../inject/wishes/stack-choice.ts';
import { templateAnnotations } from '../../inject/workload/pod-template.ts';
import { hasOurAnnotation, hasOurs } from '../../inject/workload/stored-workload.ts';
import type { StackSettings } from '../../survey/stacks.ts';

/** A workload that concerns us by its own annotations or its Namespace's. `unseen`: the operator would write on it, and has not. */
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

type Said = Pick<WorkloadRow, 'state' | 'reason' | 'message'>;

const NOT_OBSERVED: Said = {
  state: 'unseen',
  reason: 'NotObserved',
  message: 'the operator has not looked at it yet: kubectl logs -n duotel deployment/duotel-operator',
};

/** undefined: nothing asks for telemetry in it, and it holds nothing of ours. */
export function workloadRow(workload: KubeObject, namespace: KubeObject, stacks: readonly StackSettings[]): WorkloadRow | undefined {
  if (!hasOurAnnotation(workload) && !hasOurs(namespace.metadata.annotations)) return undefined;
  const said = whatIsSaid(workload, namespace, stacks);
  const { name, namespace: place = '' } = workload.metadata;
  return said && { namespace: place, kind: workload.kind, name, backend: backendOf(workload, namespace), ...said };
}

/** What the operator has written. If it leaves that unwritten on purpose: what it finds. */
function whatIsSaid(workload: KubeObject, namespace: KubeObject, stacks: readonly StackSettings[]): Said | undefined {
  const configs = stacks.map(({ config }) => config);
  const decision = decideWorkload({ workload, namespace, stacks: configs, operatorNamespace: SYSTEM_NAMESPACE });
  const held = heldBack(decision, presentStack(workload, configs), suspendedStacks(stacks));
  const line = workload.metadata.annotations?.[ANNOTATION.status];
  const writes = held === undefined && decision.action !== 'none' && decision.action !== 'release';
  const { outcome } = held ?? decision;
  if (line !== undefined && (writes || outcome === undefined || outcome.line === line)) return parseStatusLine(line);
  if (writes) return NOT_OBSERVED;
  return outcome && { state: outcome.state, reason: outcome.reason, message: outcome.message };
}

function backendOf(workload: KubeObject, namespace: KubeObject): string {
  const record = readRecord(workload);
  if (typeof record !== 'string') return record.backend;
  const settings = settingsOf(workload, namespace);
  if (settings.kind === 'active') return settings.backend;
  if (settings.kind === 'optedOut') return 'none';
  const sources = [workload.metadata.annotations, templateAnnotations(workload), namespace.metadata.annotations];
  return sources.map((annotations) => annotations?.[ANNOTATION.backend]).find((value) => value !== undefined) ?? '';
}

/** The parts of a `duotel.io/status` annotation: `Injected both`, `Blocked Reason: message`, `Pending Reason: message`, `Reverted`. */
export function parseStatusLine(line: string): Said {
  const match = /^(?:(?:Blocked|Pending) )?(\w+)(?:[:;]? *)(.*)$/s.exec(line);
  const [reason, message] = [match?.[1] ?? '', match?.[2] ?? ''];
  const state = Object.hasOwn(REASONS, reason) ? REASONS[reason as keyof typeof REASONS].state : undefined;
  // A line of another release, or written by hand.
  if (state === undefined || state === 'note') return { state: 'unseen', reason: 'NotUnderstood', message: line };
  return { state, reason, message };
}
