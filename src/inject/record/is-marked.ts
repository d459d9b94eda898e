import { OPERATOR_ANNOTATIONS } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';

/** Whether one of the annotations that we write is there. */
export function isMarked({ metadata: { annotations = {} } }: KubeObject): boolean {
  return OPERATOR_ANNOTATIONS.some((key) => annotations[key] !== undefined);
}
