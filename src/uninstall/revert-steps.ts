import { ANNOTATION, USER_ANNOTATIONS } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { isMarked } from '../inject/record/is-marked.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import { gitOpsOwner } from '../survey/gitops.ts';
import { asksFor } from './asks-for.ts';

export type RevertScope =
  | { readonly kind: 'workload'; readonly workload: KubeObject }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'all' };

/** One object whose annotations are to change so that nothing asks for injection any more. */
export interface RevertStep {
  readonly object: KubeObject;
  /** `Kind/namespace/name`. */
  readonly name: string;
  /** `opt out`: a default of the Namespace or of the pod template stays, and the workload gets `none`. */
  readonly action: 'remove annotations' | 'opt out' | 'restore template';
  /** Annotations to write; null removes. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** Who would undo it, where that is known. */
  readonly owner: string | undefined;
  /** The manifest itself holds the variables, written by `duotel inject -f`: these stay. */
  readonly inManifest: boolean;
}

/**
 * What to write so that the workloads of the scope get their owner's template back. An own `duotel.io/backend: none` stays: somebody
 * decided against injection. `force`: a Namespace's default from a GitOps tool goes too. Else it stays, and the workloads are opted out of
 * it.
 */
export function revertSteps(
  scope: RevertScope,
  workloads: readonly KubeObject[],
  namespaces: readonly KubeObject[],
  force = false,
): readonly RevertStep[] {
  const inScope = (namespace: string | undefined) => scope.kind === 'all' || (scope.kind === 'namespace' && namespace === scope.name);
  const chosen = scope.kind === 'workload' ? [scope.workload] : workloads.filter(({ metadata }) => inScope(metadata.namespace));
  const defaults = namespaces.filter(({ metadata }) => inScope(metadata.name));
  const defaulted = ({ metadata }: KubeObject): boolean => {
    const namespace = namespaces.find(({ metadata: { name } }) => name === metadata.namespace);
    const stays = scope.kind === 'workload' || (!force && namespace !== undefined && gitOpsOwner(namespace) !== undefined);
    return stays && asksFor(namespace?.metadata.annotations);
  };
  return [
    ...defaults.flatMap((namespace) => step(namespace, false) ?? []),
    ...chosen.flatMap((workload) => step(workload, defaulted(workload) || asksFor(podTemplate(workload)?.metadata?.annotations)) ?? []),
  ];
}

/** The same for a workload whose Namespace keeps its default. */
export function optedOut(step: RevertStep): RevertStep {
  return { ...step, action: 'opt out', annotations: { [ANNOTATION.backend]: 'none' } };
}

function step(object: KubeObject, optOut: boolean): RevertStep | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  const annotations = object.metadata.annotations ?? {};
  const present = USER_ANNOTATIONS.filter(
    (key) => annotations[key] !== undefined && !(key === ANNOTATION.backend && annotations[key] === 'none'),
  );
  const written = isMarked(object);
  const common = { object, name: describe(object), owner: gitOpsOwner(object), inManifest: annotations[ANNOTATION.manifest] !== undefined };
  if (optOut) {
    if (annotations[ANNOTATION.backend] === 'none' && !written) return undefined;
    return optedOut({ ...common, action: 'opt out', annotations: {} });
  }
  if (present.length > 0) {
    return { ...common, action: 'remove annotations', annotations: Object.fromEntries(present.map((key) => [key, null])) };
  }
  return written ? { ...common, action: 'restore template', annotations: {} } : undefined;
}
