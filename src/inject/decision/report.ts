import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { releasePatch } from '../change/release.ts';
import { revertTemplate } from '../change/template-diff.ts';
import { templatePatch, version } from '../change/template-patch.ts';
import { isMarked } from '../record/is-marked.ts';
import type { Mine } from '../record/mine.ts';
import type { PodTemplate } from '../workload/pod-template.ts';
import { type Decision, NO_NEEDS } from './decision.ts';
import { eventOf, type Outcome, outcome } from './outcome.ts';

/** Nothing is written, not even a status. */
export function ignore(result: Outcome): Decision {
  return { action: 'none', needs: NO_NEEDS, outcome: result };
}

/** Writes the status line, and the annotations given, where they differ from what is there. */
export function report(
  workload: KubeObject,
  result: Outcome,
  annotations: Readonly<Record<string, string | null>> = {},
  needs: readonly KubeObject[] = NO_NEEDS,
): Decision {
  const wanted: Readonly<Record<string, string | null>> = { ...annotations, [ANNOTATION.status]: result.line };
  const live = workload.metadata.annotations ?? {};
  const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (live[key] ?? null) !== value));
  if (Object.keys(changed).length === 0) return settled(workload, result, needs);
  const body = { metadata: { ...version(workload), annotations: changed } };
  return { action: 'status', patch: { type: 'application/merge-patch+json', body }, needs, outcome: result, event: eventOf(result) };
}

/** The former template, with the reason in the status. If there is nothing to take back, the reason alone. */
export function takeBack(
  workload: KubeObject,
  template: PodTemplate | undefined,
  mine: Mine,
  result: Outcome,
  beside: Readonly<Record<string, string>> = {},
): Decision {
  const podSpec = template && revertTemplate(template.spec, mine);
  if (podSpec === undefined) return report(workload, result, beside);
  const annotations = { [ANNOTATION.injected]: null, [ANNOTATION.status]: result.line, ...beside };
  return { action: 'revert', patch: templatePatch(workload, annotations, podSpec), outcome: result, event: eventOf(result) };
}

/** Takes back everything of ours from a workload that asks for nothing. `result`: the outcome if there is nothing to take back. */
export function withdraw(workload: KubeObject, template: PodTemplate | undefined, mine: Mine, result: Outcome | undefined): Decision {
  const podSpec = template && revertTemplate(template.spec, mine);
  if (podSpec === undefined && !isMarked(workload)) return settled(workload, result, NO_NEEDS);
  const reverted = outcome('Reverted', 'what the operator had set is removed from the pod template');
  const annotations = { [ANNOTATION.injected]: null, [ANNOTATION.status]: null, [ANNOTATION.rolledBack]: null };
  return { action: 'revert', patch: templatePatch(workload, annotations, podSpec), outcome: reverted, event: eventOf(reverted) };
}

/** Nothing to write but, perhaps, a release. */
function settled(workload: KubeObject, result: Outcome | undefined, needs: readonly KubeObject[]): Decision {
  const release = releasePatch(workload);
  const said = result === undefined ? {} : { outcome: result };
  return release === undefined
    ? { action: 'none', needs, ...said }
    : { action: 'release', patch: { type: 'application/json-patch+json', body: release }, needs, ...said };
}
