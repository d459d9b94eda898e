import { OPERATOR_ANNOTATIONS, PREFIX } from '../../api/annotations.ts';
import { isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { valueAt } from '../../api/value-at.ts';
import { controllerOf } from '../inject/workload/controller-of.ts';
import { OTHER_POD_KINDS, workloadKind } from '../inject/workload/kinds.ts';

/**
 * A Pod, or an object that makes Pods, of a kind that is never injected. An object of an unknown kind counts when it is annotated itself.
 * An object that was read from a cluster may have a maker that answers for it.
 */
export function isBare(object: KubeObject): boolean {
  if (!Object.hasOwn(OTHER_POD_KINDS, object.kind) && !(isUnknown(object) && asksItself(object))) return false;
  const controller = controllerOf(object);
  return controller === undefined || controller.kind === 'foreign';
}

/** Groups of Kubernetes and ours whose kinds have no pods: tools that annotate all objects at once reach these too. */
const WITHOUT_PODS = /^(v1|(autoscaling|policy|duotel\.io|[-a-z0-9.]+\.k8s\.io)\/\w+)$/;

/** Whether it may be of a kind that makes pods, and that we do not know. */
export function isUnknown(object: KubeObject): boolean {
  const isKnown = workloadKind(object) !== undefined || Object.hasOwn(OTHER_POD_KINDS, object.kind);
  return !isKnown && !WITHOUT_PODS.test(object.apiVersion) && valueAt(object, ['metadata', 'labels', STACK_LABEL]) === undefined;
}

function asksItself(object: KubeObject): boolean {
  const annotations = valueAt(object, ['metadata', 'annotations']);
  return Object.keys(isFields(annotations) ? annotations : {}).some((key) => key.startsWith(PREFIX) && !OPERATOR_ANNOTATIONS.includes(key));
}
