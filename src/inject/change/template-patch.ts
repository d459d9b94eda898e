import type { KubeObject } from '../../../api/kube-object.ts';
import { nestAt } from '../../../api/value-at.ts';
import type { PatchType } from '../../kube/kube-api.ts';
import { workloadKind } from '../workload/kinds.ts';
import { type PodTemplate, podTemplate } from '../workload/pod-template.ts';
import { strategicMerge } from './strategic-merge.ts';

/** A request body with its content type. It carries the resourceVersion it was planned for. 409 means: read and decide again. */
export interface Patch {
  readonly type: PatchType;
  readonly body: unknown;
}

/** Annotations, and the part of the pod spec in the form that the kind's patch has; refused with 409 when the workload has changed meanwhile. */
export function templatePatch(
  workload: KubeObject,
  annotations: Readonly<Record<string, string | null>>,
  podSpec: Readonly<Record<string, unknown>> | undefined,
): Patch {
  const kind = workloadKind(workload);
  const metadata = { ...version(workload), annotations };
  const nested = (fields: unknown) => (kind === undefined || podSpec === undefined ? {} : nestAt([...kind.templatePath, 'spec'], fields));
  if (kind?.custom !== true) return { type: 'application/strategic-merge-patch+json', body: { metadata, ...nested(podSpec) } };
  return { type: 'application/merge-patch+json', body: { metadata, ...nested(mergedLists(workload, podSpec)) } };
}

/** The template as the API server will make it of a strategic merge patch of its pod spec. */
export function mergedTemplate(template: PodTemplate, podSpec: Readonly<Record<string, unknown>>): PodTemplate {
  return strategicMerge(template, { spec: podSpec }) as PodTemplate;
}

/**
 * The whole lists: a JSON merge patch knows no items. It carries the resourceVersion of the object that they were made from, so nothing
 * that somebody else wrote meanwhile can be lost.
 */
function mergedLists(workload: KubeObject, podSpec: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  const template = podTemplate(workload);
  if (template === undefined || podSpec === undefined) return {};
  const merged: Readonly<Record<string, unknown>> = { ...mergedTemplate(template, podSpec).spec };
  return Object.fromEntries(['containers', 'volumes'].filter((list) => list in podSpec).map((list) => [list, merged[list] ?? null]));
}

/** The precondition of a write. */
export function version({ metadata: { resourceVersion } }: KubeObject) {
  return resourceVersion === undefined ? {} : { resourceVersion };
}
