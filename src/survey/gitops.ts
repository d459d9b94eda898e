import { ANNOTATION } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';

interface Tool {
  readonly name: string;
  /** Keys of labels or annotations that the tool puts on its objects. */
  readonly marks: readonly string[];
  /** Its field managers. */
  readonly managers: RegExp;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'Argo CD',
    marks: ['argocd.argoproj.io/tracking-id', 'argocd.argoproj.io/instance'],
    managers: /^argocd/,
  },
  {
    name: 'Flux',
    marks: ['kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name'],
    managers: /^(kustomize-controller|helm-controller|flux)/,
  },
];

/** The tool that would bring `duotel.io/backend` back from Git, if somebody removed it from the object; undefined: none that we know. */
export function gitOpsOwner(object: KubeObject): string | undefined {
  const { labels = {}, annotations = {}, managedFields = [] } = object.metadata;
  if (annotations[ANNOTATION.backend] === undefined) return undefined;
  const path = ['f:metadata', 'f:annotations', `f:${ANNOTATION.backend}`];
  const owners = managedFields.filter(({ fieldsV1 }) => valueAt(fieldsV1, path) !== undefined).map(({ manager = '' }) => manager);
  const applied = annotations['kubectl.kubernetes.io/last-applied-configuration']?.includes(`"${ANNOTATION.backend}"`) === true;
  const tool = TOOLS.find(({ marks, managers }) => {
    const managed = marks.some((mark) => labels[mark] !== undefined || annotations[mark] !== undefined);
    return owners.some((owner) => managers.test(owner)) || (managed && applied);
  });
  return tool?.name;
}
