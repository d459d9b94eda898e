import { ANNOTATION } from '../api/annotations.ts';
import type { KubeObject } from '../api/kube-object.ts';
import type { PatchType } from '../kube/kube-api.ts';
import type { InjectionConfig, Mount } from './config.ts';
import { filesConfigMap } from './config-map.ts';
import type { Refusal } from './env-diff.ts';
import { nestAt, workloadKind } from './kinds.ts';
import { type Mine, mineOf, NOTHING } from './mine.ts';
import { eventOf, type InjectionEvent, type Note, type Outcome, outcome } from './outcome.ts';
import { ownership } from './ownership.ts';
import { type PodTemplate, podTemplate } from './pod-template.ts';
import { hindrance, isProtected, surroundings } from './preconditions.ts';
import { formatRecord, type InjectionRecord, readRecord } from './record.ts';
import { recoverRecord } from './recover.ts';
import { releasePatch } from './release.ts';
import { type Settings, settingsOf } from './settings.ts';
import { chooseStack } from './stack-choice.ts';
import { targetContainers } from './target-containers.ts';
import { diffTemplate, revertTemplate } from './template-diff.ts';
import { type ActiveSettings, containerVariables } from './variables.ts';

export interface PlanInput {
  readonly workload: KubeObject;
  /** The Namespace of the workload. */
  readonly namespace: KubeObject;
  /** One for each TelemetryStack that is not being deleted. */
  readonly stacks: readonly InjectionConfig[];
  /** Never injected into. */
  readonly operatorNamespace: string;
}

/** A request body with its content type. It carries the resourceVersion it was planned for: 409 means read and plan again. */
export interface Patch {
  readonly type: PatchType;
  readonly body: unknown;
}

interface Reported {
  readonly outcome: Outcome;
  /** To be written on the workload after the patch. */
  readonly event: InjectionEvent;
}

/** What to do with one workload. At most one write; after it, {@link releasePatch} of the answer. */
export type Plan =
  /** One rollout. `needs`: ConfigMaps to create first where they do not exist. */
  | ({
      readonly action: 'inject';
      readonly patch: Patch;
      readonly record: InjectionRecord;
      readonly needs: readonly KubeObject[];
    } & Reported)
  /** Template as it was; record and status removed. */
  | ({ readonly action: 'revert'; readonly patch: Patch } & Reported)
  /** Annotations only: no rollout. */
  | ({ readonly action: 'status'; readonly patch: Patch; readonly needs: readonly KubeObject[] } & Reported)
  /** Field ownership of ours that a former run left. */
  | { readonly action: 'release'; readonly patch: Patch; readonly needs: readonly KubeObject[]; readonly outcome?: Outcome }
  /** No outcome: the workload has nothing to do with us. */
  | { readonly action: 'none'; readonly needs: readonly KubeObject[]; readonly outcome?: Outcome };

const NO_NEEDS: readonly KubeObject[] = [];

/** Decides from nothing but its input; equal input gives an equal plan, and the plan for the state after a plan is `none`. */
export function planWorkload(input: PlanInput): Plan {
  const { workload, namespace, stacks, operatorNamespace } = input;
  const settings = settingsOf(workload, namespace);
  if (isProtected(workload, operatorNamespace)) {
    if (settings.kind !== 'active' && settings.kind !== 'refused') return { action: 'none', needs: NO_NEEDS };
    return nothing(outcome('ProtectedNamespace', `namespace ${workload.metadata.namespace} is protected; nothing in it is changed`));
  }
  if (workload.metadata.deletionTimestamp !== undefined) return nothing(outcome('Deleting'));
  const template = podTemplate(workload);
  const known = template === undefined ? LOST : recordOf(workload, template, settings, stacks);
  switch (settings.kind) {
    case 'absent':
      return withdraw(workload, template, known, undefined);
    case 'optedOut':
      return withdraw(workload, template, known, outcome('OptedOut'));
    case 'refused': {
      const result = outcome(settings.reason, settings.message);
      // A mistake on the Namespace is not written on workloads that never asked for anything; the Namespace's own event tells it.
      return settings.level === 'namespace' && !isMarked(workload) ? nothing(result) : report(workload, result, {}, NO_NEEDS);
    }
    case 'active':
      return inject(input, template, known, settings);
  }
}

/** The plan that tells people of a write which the API server refused; nothing else is tried until the workload changes. */
export function planRefused(workload: KubeObject, message: string): Plan {
  return report(workload, outcome('WriteRefused', message), {}, NO_NEEDS);
}

interface Known {
  readonly recorded: Mine;
  readonly mine: Mine;
  readonly notes: readonly Note[];
}

const LOST: Known = { recorded: NOTHING, mine: NOTHING, notes: [] };

function recordOf(workload: KubeObject, template: PodTemplate, settings: Settings, stacks: readonly InjectionConfig[]): Known {
  const owned = ownership(workload);
  const read = readRecord(workload);
  if (typeof read !== 'string') return { recorded: read, mine: mineOf(read, template.spec, owned), notes: [] };
  const recorded = recoverRecord(workload, template.spec, settings, stacks, owned);
  const notes: readonly Note[] =
    read === 'absent'
      ? []
      : [
          {
            reason: 'RecordUnreadable',
            level: 'hint',
            message: `${ANNOTATION.injected} could not be read and was rebuilt from the template`,
          },
        ];
  return { recorded, mine: mineOf(recorded, template.spec, owned), notes };
}

function inject(input: PlanInput, template: PodTemplate | undefined, known: Known, settings: ActiveSettings): Plan {
  const { workload, stacks } = input;
  const refuse = ({ reason, message }: Omit<Refusal, 'kind'>) => report(workload, outcome(reason, message, settings.notes), {}, NO_NEEDS);
  const hindered = hindrance(workload, template, settings);
  if (hindered !== undefined || template === undefined) {
    return refuse(hindered ?? { reason: 'UnsupportedKind', message: `${workload.kind} ${workload.metadata.name} has no pod template` });
  }
  const stack = chooseStack(settings.stack, workload.metadata.namespace ?? '', stacks);
  if (stack.kind === 'refused') return refuse(stack);
  const targets = targetContainers(settings.containers, template.spec);
  if (targets.kind === 'refused') return refuse(targets);

  const { config } = stack;
  const mounts = mountsOf(settings, config);
  const containers = new Map(targets.names.map((name) => [name, containerVariables(workload, name, settings, config)] as const));
  const diff = diffTemplate(template.spec, { containers, mounts }, known.mine, known.recorded);
  if (diff.kind === 'refused') return refuse(diff);

  const notes = [...settings.notes, ...known.notes, ...diff.notes, ...surroundings(workload, template, targets.names, settings)];
  const message = `mode ${settings.backend} in ${targets.names.map((name) => `container ${name}`).join(', ')}, reporting to TelemetryStack ${config.stack.namespace}/${config.stack.name}`;
  const result = outcome('Injected', message, notes, settings.backend);
  const record: InjectionRecord = {
    backend: settings.backend,
    bootstrap: settings.bootstrap,
    stack: `${config.stack.namespace}/${config.stack.name}`,
    ...diff.record,
  };
  const annotations = { [ANNOTATION.injected]: formatRecord(record), [ANNOTATION.status]: result.line };
  const needs = mounts.map((mount) => filesConfigMap(mount, workload.metadata.namespace ?? ''));
  if (diff.podSpec === undefined) return report(workload, result, annotations, needs);
  return {
    action: 'inject',
    patch: templatePatch(workload, annotations, diff.podSpec),
    record,
    needs,
    outcome: result,
    event: eventOf(result),
  };
}

function mountsOf(settings: ActiveSettings, config: InjectionConfig): readonly Mount[] {
  return [...(settings.backend === 'openinference' ? [] : [config.pricing]), ...(settings.bootstrap === 'python' ? [config.python] : [])];
}

/** Takes back what is ours. `result`: the outcome when there is nothing to take back. */
function withdraw(workload: KubeObject, template: PodTemplate | undefined, { mine }: Known, result: Outcome | undefined): Plan {
  const podSpec = template === undefined ? undefined : revertTemplate(template.spec, mine);
  if (podSpec === undefined && !isMarked(workload)) return settled(workload, result, NO_NEEDS);
  const reverted = outcome('Reverted', 'what the operator had set is removed from the pod template');
  const annotations = { [ANNOTATION.injected]: null, [ANNOTATION.status]: null };
  return { action: 'revert', patch: templatePatch(workload, annotations, podSpec), outcome: reverted, event: eventOf(reverted) };
}

/** Whether one of the annotations that we write is there. */
function isMarked({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.injected] !== undefined || annotations[ANNOTATION.status] !== undefined;
}

function nothing(result: Outcome): Plan {
  return { action: 'none', needs: NO_NEEDS, outcome: result };
}

/** Nothing to write but, perhaps, a release. */
function settled(workload: KubeObject, result: Outcome | undefined, needs: readonly KubeObject[]): Plan {
  const release = releasePatch(workload);
  const said = result === undefined ? {} : { outcome: result };
  return release === undefined
    ? { action: 'none', needs, ...said }
    : { action: 'release', patch: { type: 'application/json-patch+json', body: release }, needs, ...said };
}

/** Writes the status line, and the annotations given, where they differ from what is there. */
function report(workload: KubeObject, result: Outcome, annotations: Readonly<Record<string, string>>, needs: readonly KubeObject[]): Plan {
  const wanted: Readonly<Record<string, string>> = { ...annotations, [ANNOTATION.status]: result.line };
  const live = workload.metadata.annotations ?? {};
  const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => live[key] !== value));
  if (Object.keys(changed).length === 0) return settled(workload, result, needs);
  const body = { metadata: { ...version(workload), annotations: changed } };
  return { action: 'status', patch: { type: 'application/merge-patch+json', body }, needs, outcome: result, event: eventOf(result) };
}

function templatePatch(
  workload: KubeObject,
  annotations: Readonly<Record<string, string | null>>,
  podSpec: Readonly<Record<string, unknown>> | undefined,
): Patch {
  const path = workloadKind(workload)?.templatePath;
  const template = path === undefined || podSpec === undefined ? {} : nestAt([...path, 'spec'], podSpec);
  return { type: 'application/strategic-merge-patch+json', body: { metadata: { ...version(workload), annotations }, ...template } };
}

function version({ metadata: { resourceVersion } }: KubeObject) {
  return resourceVersion === undefined ? {} : { resourceVersion };
}
