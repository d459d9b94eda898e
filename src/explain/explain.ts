import { ANNOTATION, PREFIX, USER_ANNOTATIONS } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import type { NoteReason, OutcomeReason, OutcomeState } from '../../api/reason.ts';
import type { Runtime } from '../../api/runtimes/runtime.ts';
import { strategicMerge } from '../inject/change/strategic-merge.ts';
import { containerVariables, type Variable } from '../inject/change/variables.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import { heldBack } from '../inject/decision/suspension.ts';
import { type InjectionRecord, readRecord } from '../inject/record/record.ts';
import type { InjectionConfig } from '../inject/wishes/config.ts';
import { settingsOf } from '../inject/wishes/settings.ts';
import { KNOWN_SIDECARS } from '../inject/wishes/sidecars.ts';
import { chooseStack, presentStack } from '../inject/wishes/stack-choice.ts';
import { targetContainers } from '../inject/wishes/target-containers.ts';
import { workloadKind } from '../inject/workload/kinds.ts';
import { type Container, podTemplate, templateAnnotations } from '../inject/workload/pod-template.ts';
import { type ChangeState, changeState } from './change-state.ts';
import { type ExplainedVariable, explainVariables } from './explain-variables.ts';
import type { HistoryEntry } from './history.ts';

export interface ExplainInput {
  readonly workload: KubeObject;
  readonly namespace: KubeObject;
  readonly stacks: readonly InjectionConfig[];
  readonly operatorNamespace: string;
  /** The languages that can be asked for. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
  /** `namespace/name` of the stacks that are suspended. Default: none. */
  readonly suspended?: readonly string[];
}

export interface ExplainedContainer {
  readonly name: string;
  /** Why it gets variables, or none. */
  readonly chosen: boolean;
  readonly why: string;
  readonly variables: readonly ExplainedVariable[];
  readonly mounts: readonly { readonly path: string; readonly volume: string; readonly configMap: string; readonly state: ChangeState }[];
}

/** Why a workload is as it is: what it asks for, the outcome, and who set each variable. Holds no value of the user's. */
export interface Explanation {
  /** `Kind/namespace/name`. */
  readonly object: string;
  /** The Pod, ReplicaSet or Job that was asked about, and that this workload makes. */
  readonly makes?: string;
  /** undefined: nothing of ours is asked or there. */
  readonly outcome:
    | {
        readonly state: Exclude<OutcomeState, 'note'>;
        readonly reason: OutcomeReason;
        readonly message: string;
        readonly notes: readonly { readonly reason: NoteReason; readonly message: string }[];
      }
    | undefined;
  /** What the operator would write now; `none` when everything is as it should be. */
  readonly next: 'inject' | 'revert' | 'status' | 'release' | 'none';
  /** The line that the operator wrote last. */
  readonly status: string | undefined;
  readonly settings: readonly { readonly annotation: string; readonly value: string; readonly from: string }[];
  readonly stack: string | undefined;
  readonly containers: readonly ExplainedContainer[];
  /** What the operator said of it, newest first. A manifest has none. */
  readonly history: readonly HistoryEntry[];
}

/** The explanation of one workload, made from its objects alone. */
export function explainWorkload(input: ExplainInput, history: readonly HistoryEntry[] = []): Explanation {
  const { workload, namespace } = input;
  const decision = decideWorkload(input);
  const writes = decision.action === 'inject' || decision.action === 'revert';
  const merged = writes && decision.patch.type === 'application/strategic-merge-patch+json';
  const final = merged
    ? (strategicMerge(workload, decision.patch.body) as KubeObject)
    : writes
      ? whole(workload, decision.patch.body)
      : workload;
  const read = readRecord(workload);
  const former = typeof read === 'string' ? undefined : read;
  const record = decision.action === 'inject' ? decision.record : decision.action === 'revert' ? undefined : former;
  const wanted = wantedVariables(input);
  const manifest = manifestRecord(workload);
  const before = podTemplate(workload)?.spec.containers ?? [];
  const after = podTemplate(final)?.spec.containers ?? [];
  const held = heldBack(decision, presentStack(workload, input.stacks), input.suspended ?? []);
  const { outcome } = held ?? decision;
  return {
    object: describe(workload),
    outcome: outcome && {
      state: outcome.state,
      reason: outcome.reason,
      message: outcome.message,
      notes: outcome.notes.map(({ reason, message }) => ({ reason, message })),
    },
    // The operator looks at kinds that it can inject, and never writes on others.
    next: workloadKind(workload) === undefined || held !== undefined ? 'none' : decision.action,
    status: workload.metadata.annotations?.[ANNOTATION.status],
    settings: settingsFound(workload, namespace),
    stack: record?.stack ?? wanted.stack,
    containers: before.map((container) => {
      const { name } = container;
      const later = after.find((one) => one.name === name) ?? container;
      const variables = wanted.containers.get(name);
      return {
        name,
        chosen: variables !== undefined,
        why: whyContainer(name, wanted, input),
        variables: explainVariables({ workload, before: container, after: later, wanted: variables ?? [], record, former, manifest }),
        mounts: explainMounts(container, later, { record, former, manifest }),
      };
    }),
    history,
  };
}

interface Wanted {
  readonly containers: ReadonlyMap<string, readonly Variable[]>;
  readonly stack: string | undefined;
  readonly active: boolean;
  readonly refused: boolean;
}

function wantedVariables({ workload, namespace, stacks, runtimes }: ExplainInput): Wanted {
  const settings = settingsOf(workload, namespace, runtimes);
  const pod = podTemplate(workload)?.spec;
  const none = { containers: new Map<string, readonly Variable[]>(), stack: undefined, active: settings.kind === 'active', refused: false };
  if (settings.kind !== 'active' || pod === undefined) return none;
  const stack = chooseStack(settings.stack, workload.metadata.namespace ?? '', stacks);
  const targets = targetContainers(settings.containers, pod);
  if (stack.kind === 'refused' || targets.kind === 'refused') return { ...none, refused: true };
  const containers = new Map(targets.names.map((name) => [name, containerVariables(workload, name, settings, stack.config)] as const));
  return { ...none, containers, stack: `${stack.config.stack.namespace}/${stack.config.stack.name}` };
}

function whyContainer(name: string, wanted: Wanted, { workload, namespace, runtimes }: ExplainInput): string {
  const settings = settingsOf(workload, namespace, runtimes);
  if (settings.kind !== 'active') return 'nothing is asked for';
  if (wanted.refused) return 'no container could be chosen: see the reason above';
  const named = settings.containers !== undefined && settings.containers !== '*';
  if (wanted.containers.has(name)) {
    if (named) return `named in ${ANNOTATION.containers}`;
    return settings.containers === '*' ? `${ANNOTATION.containers} is *` : 'the only container that is no known sidecar';
  }
  return named ? `not named in ${ANNOTATION.containers}` : KNOWN_SIDECARS.has(name) ? 'a known sidecar' : 'not chosen';
}

type Records = {
  readonly record: InjectionRecord | undefined;
  readonly former: InjectionRecord | undefined;
  readonly manifest: InjectionRecord | undefined;
};

function explainMounts(before: Container, after: Container, { record, former, manifest }: Records): ExplainedContainer['mounts'] {
  const ours = new Map<string, { readonly volume: string; readonly configMap: string }>();
  for (const one of [former, manifest, record]) {
    for (const [path, volume] of Object.entries(one?.containers[before.name]?.mounts ?? {})) {
      ours.set(path, { volume, configMap: one?.volumes[volume] ?? '' });
    }
  }
  const has = ({ volumeMounts = [] }: Container, path: string, volume: string) =>
    volumeMounts.some((mount) => mount.mountPath === path && mount.name === volume);
  return [...ours].flatMap(([path, { volume, configMap }]) => {
    const [there, later] = [has(before, path, volume), has(after, path, volume)];
    if (!there && !later) return [];
    return [{ path, volume, configMap, state: changeState(there, later) }];
  });
}

/** Only our own annotations: the others are not ours to repeat. */
function settingsFound(workload: KubeObject, namespace: KubeObject): Explanation['settings'] {
  const sources: readonly (readonly [string, Readonly<Record<string, string>> | undefined])[] = [
    ['workload', workload.metadata.annotations],
    ['pod template', templateAnnotations(workload)],
    ['namespace', namespace.metadata.annotations],
  ];
  const isSetting = (key: string) => key.startsWith(PREFIX) && USER_ANNOTATIONS.some((known) => known === key);
  return sources.flatMap(([from, annotations]) =>
    Object.entries(annotations ?? {})
      .filter(([key]) => isSetting(key))
      .sort()
      .map(([annotation, value]) => ({ annotation, value, from })),
  );
}

/** What `duotel inject -f` wrote into the manifest. */
function manifestRecord(workload: KubeObject): InjectionRecord | undefined {
  const text = workload.metadata.annotations?.[ANNOTATION.manifest];
  if (text === undefined) return undefined;
  const read = readRecord({ ...workload, metadata: { ...workload.metadata, annotations: { [ANNOTATION.injected]: text } } });
  return typeof read === 'string' ? undefined : read;
}

/** A custom resource's patch carries whole lists. */
function whole(live: KubeObject, patch: unknown): KubeObject {
  const merge = (base: unknown, over: unknown): unknown => {
    if (typeof over !== 'object' || over === null || Array.isArray(over)) return over;
    const result: Record<string, unknown> = { ...(base as object) };
    for (const [key, value] of Object.entries(over)) {
      if (value === null) delete result[key];
      else result[key] = merge(result[key], value);
    }
    return result;
  };
  return merge(live, patch) as KubeObject;
}
