import type { KubeObject } from '../api/kube-object.ts';
import { controllerOf } from '../inject/controller-of.ts';
import { OTHER_POD_KINDS } from '../inject/kinds.ts';

/** A Pod, or what makes Pods, of a kind that is never injected. One that has been read from a cluster may have a maker that answers for it. */
export function isBare(object: KubeObject): boolean {
  if (!Object.hasOwn(OTHER_POD_KINDS, object.kind)) return false;
  const controller = controllerOf(object);
  return controller === undefined || controller.kind === 'foreign';
}
