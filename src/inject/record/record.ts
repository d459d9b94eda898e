import { type ActiveBackend, ANNOTATION } from '../../../api/annotations.ts';
import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { EnvContent } from '../workload/env-content.ts';

/** What we set in one container. */
export interface ContainerRecord {
  readonly env: Readonly<Record<string, EnvContent>>;
  /** mountPath -> volume name. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** What we set in one workload: the annotation `duotel.io/injected`. */
export interface InjectionRecord {
  readonly backend: ActiveBackend;
  /** The value of `duotel.io/bootstrap`; one of another release may name a language that this one does not know. */
  readonly bootstrap: string;
  /** `namespace/name` of the stack. */
  readonly stack: string;
  readonly containers: Readonly<Record<string, ContainerRecord>>;
  /** volume name -> ConfigMap name. */
  readonly volumes: Readonly<Record<string, string>>;
  /**
   * Digest of the pod template after the last injection, if every pod was available before. It tells whose fault failing pods are, also
   * after a restart of the operator: while the template has this digest, it is the injection's.
   */
  readonly rollout?: string;
}

/** Format of the annotation. If a release changes it, it still reads the former ones. */
const VERSION = 1;

/** The annotation's text: compact JSON, equal for equal records. */
export function formatRecord(record: InjectionRecord): string {
  const { backend, bootstrap, stack, containers, volumes, rollout } = record;
  return JSON.stringify({ version: VERSION, backend, bootstrap, stack, containers, volumes, rollout });
}

/** `unreadable`: the annotation is there, but not one that this release wrote. */
export function readRecord(workload: KubeObject): InjectionRecord | 'absent' | 'unreadable' {
  const text = workload.metadata.annotations?.[ANNOTATION.injected];
  if (text === undefined) return 'absent';
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

function isRecord(value: unknown): value is InjectionRecord {
  if (!isFields(value) || value['version'] !== VERSION) return false;
  const { backend, bootstrap, stack, containers, volumes, rollout } = value;
  const texts = [backend, bootstrap, stack, rollout ?? ''].every((field) => typeof field === 'string');
  return texts && isFields(volumes) && everyText(volumes) && isFields(containers) && Object.values(containers).every(isContainer);
}

function isContainer(value: unknown): boolean {
  if (!isFields(value) || !isFields(value['env']) || !isFields(value['mounts'])) return false;
  const contents = Object.values(value['env']);
  return (
    everyText(value['mounts']) && contents.every((content) => typeof content === 'string' || isFieldPath(content) || isSecretKey(content))
  );
}

function isFieldPath(value: unknown): boolean {
  return isFields(value) && typeof value['fieldPath'] === 'string';
}

function isSecretKey(value: unknown): boolean {
  return (
    isFields(value) &&
    isFields(value['secretKeyRef']) &&
    ['name', 'key'].every((field) => typeof (value['secretKeyRef'] as Fields)[field] === 'string')
  );
}

function everyText(fields: Fields): boolean {
  return Object.values(fields).every((field) => typeof field === 'string');
}
