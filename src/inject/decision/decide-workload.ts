import { ANNOTATION, OPERATOR_ANNOTATIONS } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { filesConfigMap } from '../change/config-map.ts';
import type { Refusal } from '../change/env-diff.ts';
import { releasePatch } from '../change/release.ts';
import { diffTemplate, revertTemplate } from '../change/template-diff.ts';
import { mergedTemplate, type Patch, templatePatch, version } from '../change/template-patch.ts';
import { containerVariables } from '../change/variables.ts';
import { type Held, heldOf, LOST } from '../record/held.ts';
import type { Mine } from '../record/mine.ts';
import { formatRecord, type InjectionRecord, readRecord } from '../record/record.ts';
import { formatRollback, type RollbackNote, readRollback, settingsDigest } from '../rollback/rollback-note.ts';
import type { InjectionConfig, Mount } from '../wishes/config.ts';
import { type ActiveSettings, settingsOf } from '../wishes/settings.ts';
import { chooseStack } from '../wishes/stack-choice.ts';
import { targetContainers } from '../wishes/target-containers.ts';
import { digestOf } from '../workload/digest-of.ts';
import { type PodTemplate, podTemplate } from '../workload/pod-template.ts';
import { exposedContainer } from '../workload/shared-volumes.ts';
import { eventOf, type InjectionEvent, type Note, type Outcome, outcome } from './outcome.ts';
import { hindrance, isProtected, surroundings } from './preconditions.ts';

export interface DecisionInput {
  readonly workload: KubeObject;
  /** The Namespace of the workload. */
  readonly namespace: KubeObject;
  /** One for each TelemetryStack that is not being deleted. */
  readonly stacks: readonly InjectionConfig[];
  /** Never injected into. */
  readonly operatorNamespace: string;
  /** Every pod is available, of the very template that the workload has now; see {@link rolloutState}. Default false. */
  readonly healthy?: boolean;
}

interface Reported {
  readonly outcome: Outcome;
  /** To be written on the workload after the patch. */
  readonly event: InjectionEvent;
}

/** What to do with one workload. At most one write; after it, {@link releasePatch} of the answer. */
export type Decision =
  /** One rollout. `needs`: ConfigMaps to create first where they do not exist. */
  | ({
      readonly action: 'inject';
      readonly patch: Patch;
      readonly record: InjectionRecord;
      readonly config: InjectionConfig;
      /** It waits for no place and no rollout: see {@link Applicant}. */
      readonly urgent: boolean;
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

/** Decides from nothing but its input; equal input gives an equal decision, and once it is carried out the next one is `none`. */
export function decideWorkload(input: DecisionInput): Decision {
  const { workload, namespace, stacks, operatorNamespace } = input;
  const settings = settingsOf(workload, namespace);
  if (isProtected(workload, operatorNamespace)) {
    if (settings.kind !== 'active' && settings.kind !== 'refused') return { action: 'none', needs: NO_NEEDS };
    return nothing(outcome('ProtectedNamespace', `namespace ${workload.metadata.namespace} is protected; nothing in it is changed`));
  }
  const going = beingDeleted(workload, namespace);
  if (going !== undefined) {
    const concerned = settings.kind !== 'absent' || isMarked(workload);
    return concerned ? nothing(outcome('Deleting', going)) : { action: 'none', needs: NO_NEEDS };
  }
  const template = podTemplate(workload);
  const held = template === undefined ? LOST : heldOf(workload, template, settings, stacks);
  switch (settings.kind) {
    case 'absent':
      return withdraw(workload, template, held, undefined);
    case 'optedOut':
      return withdraw(workload, template, held, outcome('OptedOut'));
    case 'refused': {
      const result = outcome(settings.reason, settings.message);
      // A mistake on the Namespace is not written on workloads that never asked for anything; the Namespace's own event tells it.
      return settings.level === 'namespace' && !isMarked(workload) ? nothing(result) : leave(workload, template, held.mine, result);
    }
    case 'active':
      return inject(input, template, held, settings);
  }
}

/**
 * What is being deleted, where nothing that was written would last: a workload goes with its Namespace, in which the API server makes
 * nothing any more. undefined: nothing is.
 */
function beingDeleted(workload: KubeObject, namespace: KubeObject): string | undefined {
  const going = [workload, namespace].find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return going && `${going.kind} ${going.metadata.name} is being deleted`;
}

/** The decision that tells people why an injection must wait. */
export function decideWaiting(workload: KubeObject, reason: OutcomeReason, message: string): Decision {
  return report(workload, outcome(reason, message), {}, NO_NEEDS);
}

/** Takes an injection back since its pods failed, and notes for what settings, so that it is not tried again with the same ones. */
export function decideRollback(input: DecisionInput, failure: string): Decision {
  const { workload, namespace, stacks } = input;
  const settings = settingsOf(workload, namespace);
  const template = podTemplate(workload);
  const going = beingDeleted(workload, namespace) !== undefined;
  if (going || settings.kind !== 'active' || template === undefined) return decideWorkload(input);
  const { mine } = heldOf(workload, template, settings, stacks);
  const note = { settings: settingsDigest(settings), message: failure };
  return rollback(workload, template, mine, note);
}

function rollback(workload: KubeObject, template: PodTemplate, mine: Mine, note: RollbackNote): Decision {
  return takeBack(workload, template, mine, outcome('RolledBack', note.message), { [ANNOTATION.rolledBack]: formatRollback(note) });
}

/** What a workload holds stays, and the reason why nothing is changed goes into the status; unless a mount of ours must not stay. */
function leave(workload: KubeObject, template: PodTemplate | undefined, mine: Mine, result: Outcome): Decision {
  return template !== undefined && exposes(template, mine)
    ? takeBack(workload, template, mine, result)
    : report(workload, result, {}, NO_NEEDS);
}

/** Whether a mount that is ours could make the next deploy of the workload's owner fail; see {@link exposedContainer}. */
function exposes({ spec }: PodTemplate, { containers }: Mine): boolean {
  const mounting = Object.keys(containers).filter((name) => Object.keys(containers[name]?.mounts ?? {}).length > 0);
  return exposedContainer(spec, mounting) !== undefined;
}

/** The template as it was, and the reason why in the status; where there is nothing to take back, the reason alone. */
function takeBack(
  workload: KubeObject,
  template: PodTemplate,
  mine: Mine,
  result: Outcome,
  beside: Readonly<Record<string, string>> = {},
): Decision {
  const podSpec = revertTemplate(template.spec, mine);
  if (podSpec === undefined) return report(workload, result, beside, NO_NEEDS);
  const annotations = { [ANNOTATION.injected]: null, [ANNOTATION.status]: result.line, ...beside };
  return { action: 'revert', patch: templatePatch(workload, annotations, podSpec), outcome: result, event: eventOf(result) };
}

/** The decision that tells people of a write which the API server refused; nothing else is tried until the workload changes. */
export function decideRefused(workload: KubeObject, message: string): Decision {
  return report(workload, outcome('WriteRefused', message), {}, NO_NEEDS);
}

function inject(input: DecisionInput, template: PodTemplate | undefined, held: Held, settings: ActiveSettings): Decision {
  const { workload, stacks } = input;
  // Where there is no template to change, it does not matter where the annotation stands.
  const beside = template === undefined ? [] : settings.notes;
  const refuse = ({ reason, message }: Omit<Refusal, 'kind'>) => leave(workload, template, held.mine, outcome(reason, message, beside));
  const hindered = hindrance(workload, template, settings);
  if (hindered !== undefined || template === undefined) {
    return refuse(hindered ?? { reason: 'UnsupportedKind', message: `${workload.kind} ${workload.metadata.name} has no pod template` });
  }
  const rolledBack = readRollback(workload);
  if (rolledBack?.settings === settingsDigest(settings)) return rollback(workload, template, held.mine, rolledBack);
  const { namespace: place = '' } = workload.metadata;
  const stack = chooseStack(settings.stack, place, stacks);
  if (stack.kind === 'refused') return refuse(stack);
  if (stack.config.protectedNamespaces.includes(place)) {
    const message = `namespace ${place} is in spec.injection.protectedNamespaces of TelemetryStack ${stack.config.stack.namespace}/${stack.config.stack.name}`;
    return nothing(outcome('ProtectedNamespace', message));
  }
  const targets = targetContainers(settings.containers, template.spec);
  if (targets.kind === 'refused') return refuse(targets);

  const exposed = exposedContainer(template.spec, targets.names);
  const config = exposed === undefined ? stack.config : withoutPrices(stack.config);
  const mounts = mountsOf(settings, config);
  if (exposed !== undefined && mounts.length > 0) {
    const message = `container ${exposed} mounts none of the pod's own volumes: a volume of the operator's there could make your deploy fail on the day you drop the last of them; give the container a mount of its own, for example an emptyDir at /tmp, or set ${ANNOTATION.bootstrap} to none`;
    return takeBack(workload, template, held.mine, outcome('VolumeListShared', message, settings.notes));
  }
  const containers = new Map(targets.names.map((name) => [name, containerVariables(workload, name, settings, config)] as const));
  const byManifest = workload.metadata.annotations?.[ANNOTATION.manifest] !== undefined;
  const diff = diffTemplate(template.spec, { containers, mounts, byManifest }, held.mine, held.recorded);
  if (diff.kind === 'refused') return refuse(diff);

  const notes = [
    ...settings.notes,
    ...held.notes,
    ...diff.notes,
    ...pricesNote(settings, exposed),
    ...surroundings(workload, template, targets.names, settings),
  ];
  const message = `mode ${settings.backend} in ${targets.names.map((name) => `container ${name}`).join(', ')}, reporting to TelemetryStack ${config.stack.namespace}/${config.stack.name}`;
  const result = outcome('Injected', message, notes, settings.backend);
  const wanted: InjectionRecord = {
    backend: settings.backend,
    bootstrap: settings.bootstrap,
    stack: `${config.stack.namespace}/${config.stack.name}`,
    ...diff.record,
  };
  const read = readRecord(workload);
  const former = typeof read === 'string' ? undefined : read;
  const kept = former?.rollout === undefined ? {} : { rollout: former.rollout };
  const annotate = (record: InjectionRecord) => ({
    [ANNOTATION.injected]: formatRecord(record),
    [ANNOTATION.status]: result.line,
    ...(rolledBack === undefined ? {} : { [ANNOTATION.rolledBack]: null }),
  });
  const needs = mounts.map((mount) => filesConfigMap(mount, place));
  if (diff.podSpec === undefined) {
    return report(workload, result, annotate({ ...wanted, ...kept }), needs);
  }
  const record = input.healthy === true ? { ...wanted, rollout: digestOf(mergedTemplate(template, diff.podSpec)) } : wanted;
  return {
    action: 'inject',
    patch: templatePatch(workload, annotate(record), diff.podSpec),
    record,
    config,
    urgent: exposes(template, held.mine) || (former !== undefined && formatRecord({ ...wanted, ...kept }) === formatRecord(former)),
    needs,
    outcome: result,
    event: eventOf(result),
  };
}

function withoutPrices({ pricing, ...config }: InjectionConfig): InjectionConfig {
  return { ...config, pricing: { ...pricing, files: [] } };
}

function pricesNote({ backend }: ActiveSettings, exposed: string | undefined): readonly Note[] {
  if (exposed === undefined || backend === 'openinference') return [];
  const message = `container ${exposed} mounts none of the pod's own volumes, so the price list is not mounted there either: OpenLIT fetches its own`;
  return [{ reason: 'PricesLeftOut', level: 'note', message }];
}

function mountsOf(settings: ActiveSettings, config: InjectionConfig): readonly Mount[] {
  return [
    ...(settings.backend === 'openinference' || config.pricing.files.length === 0 ? [] : [config.pricing]),
    ...(settings.bootstrap === 'python' ? [config.python] : []),
    ...(config.ca === undefined ? [] : [config.ca]),
  ];
}

/** Takes back what is ours. `result`: the outcome when there is nothing to take back. */
function withdraw(workload: KubeObject, template: PodTemplate | undefined, { mine }: Held, result: Outcome | undefined): Decision {
  const podSpec = template === undefined ? undefined : revertTemplate(template.spec, mine);
  if (podSpec === undefined && !isMarked(workload)) return settled(workload, result, NO_NEEDS);
  const reverted = outcome('Reverted', 'what the operator had set is removed from the pod template');
  const annotations = { [ANNOTATION.injected]: null, [ANNOTATION.status]: null, [ANNOTATION.rolledBack]: null };
  return { action: 'revert', patch: templatePatch(workload, annotations, podSpec), outcome: reverted, event: eventOf(reverted) };
}

/** Whether one of the annotations that we write is there. */
function isMarked({ metadata: { annotations = {} } }: KubeObject): boolean {
  return OPERATOR_ANNOTATIONS.some((key) => annotations[key] !== undefined);
}

function nothing(result: Outcome): Decision {
  return { action: 'none', needs: NO_NEEDS, outcome: result };
}

/** Nothing to write but, perhaps, a release. */
function settled(workload: KubeObject, result: Outcome | undefined, needs: readonly KubeObject[]): Decision {
  const release = releasePatch(workload);
  const said = result === undefined ? {} : { outcome: result };
  return release === undefined
    ? { action: 'none', needs, ...said }
    : { action: 'release', patch: { type: 'application/json-patch+json', body: release }, needs, ...said };
}

/** Writes the status line, and the annotations given, where they differ from what is there. */
function report(
  workload: KubeObject,
  result: Outcome,
  annotations: Readonly<Record<string, string | null>>,
  needs: readonly KubeObject[],
): Decision {
  const wanted: Readonly<Record<string, string | null>> = { ...annotations, [ANNOTATION.status]: result.line };
  const live = workload.metadata.annotations ?? {};
  const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (live[key] ?? null) !== value));
  if (Object.keys(changed).length === 0) return settled(workload, result, needs);
  const body = { metadata: { ...version(workload), annotations: changed } };
  return { action: 'status', patch: { type: 'application/merge-patch+json', body }, needs, outcome: result, event: eventOf(result) };
}
