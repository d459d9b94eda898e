import { ANNOTATION } from '../../../api/annotations.ts';
import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { PodFailure } from '../../kube/pod-failure.ts';
import type { ActiveSettings } from '../wishes/settings.ts';
import { digestOf } from '../workload/digest-of.ts';
import { makesPodsInOrder } from '../workload/makes-pods-in-order.ts';

/** The annotation `duotel.io/rolled-back`: what the annotations had asked for when an injection was taken back, and what went wrong. */
export interface RollbackNote {
  /** {@link settingsDigest} of what was asked: other settings are tried again. */
  readonly settings: string;
  readonly message: string;
}

export function formatRollback({ settings, message }: RollbackNote): string {
  return JSON.stringify({ settings, message });
}

/** undefined when there is none, or this release can not read it: then the injection is tried again. */
export function readRollback(workload: KubeObject): RollbackNote | undefined {
  const text = workload.metadata.annotations?.[ANNOTATION.rolledBack];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isFields(value)) return undefined;
    const { settings, message } = value;
    return typeof settings === 'string' && typeof message === 'string' ? { settings, message } : undefined;
  } catch {
    return undefined;
  }
}

/** What went wrong, in words for people. If taking the template back does not replace the pod (stuck-pods.ts), also what happens to it. */
export function rollbackMessage(workload: KubeObject, { message, pod }: Pick<PodFailure, 'message' | 'pod'>): string {
  if (!makesPodsInOrder(workload)) return message;
  return `${message}; pod ${pod} is deleted, since a StatefulSet replaces no pod that is not Ready`;
}

/** Equal for annotations that ask for the same, wherever they stand. */
export function settingsDigest({ kind, notes, ...asked }: ActiveSettings): string {
  return digestOf(asked);
}
