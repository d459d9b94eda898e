import {
  type ActiveBackend,
  ANNOTATION,
  BACKENDS,
  CONFIG_HASH_ANNOTATION,
  OPERATOR_ANNOTATIONS,
  PREFIX,
  USER_ANNOTATIONS,
} from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { didYouMean } from '../../../api/nearest.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { bootstrapValues, NO_BOOTSTRAP } from '../../../api/runtimes/choice.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import type { Note } from '../decision/outcome.ts';
import { templateAnnotations } from '../workload/pod-template.ts';

/** Where an annotation was found. */
export type Level = 'workload' | 'pod template' | 'namespace';

/** What the annotations ask for. Nobody has checked yet whether the named containers and stacks exist. */
export type InjectionSettings =
  | {
      readonly kind: 'active';
      readonly backend: ActiveBackend;
      /** A value of `duotel.io/bootstrap`; see {@link bootstrapValues}. */
      readonly bootstrap: string;
      /** undefined: no choice was made. */
      readonly containers?: '*' | readonly string[];
      readonly serviceName?: string;
      /** `[namespace/]name` as written. */
      readonly stack?: string;
      readonly captureContent: boolean;
      readonly notes: readonly Note[];
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'optedOut' }
  | { readonly kind: 'refused'; readonly reason: OutcomeReason; readonly message: string; readonly level: Level };

/** Of a workload that asks for telemetry. */
export type ActiveSettings = Extract<InjectionSettings, { kind: 'active' }>;

type UserAnnotation = (typeof USER_ANNOTATIONS)[number];

interface Found {
  readonly key: UserAnnotation;
  readonly value: string;
  readonly level: Level;
}

/** Keys under our prefix that ask for nothing. */
const NO_WISHES: readonly string[] = [...OPERATOR_ANNOTATIONS, ANNOTATION.manifest, CONFIG_HASH_ANNOTATION];

/** Characters of an annotation's value that a message quotes. */
const QUOTED = 60;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const STACK_NAME = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const SERVICE_NAME = /^[^\u0000-\u001f\u007f]{1,255}$/;

type Expected =
  | { readonly values: (runtimes: readonly Runtime[]) => readonly string[] }
  | { readonly text: string; valid(value: string): boolean };

/** What each annotation's value must be; a list is closed and gets suggestions. */
const EXPECTED: Readonly<Record<UserAnnotation, Expected>> = {
  [ANNOTATION.backend]: { values: () => BACKENDS },
  [ANNOTATION.bootstrap]: { values: bootstrapValues },
  [ANNOTATION.captureContent]: { values: () => ['true', 'false'] },
  [ANNOTATION.containers]: {
    text: 'names of containers separated by commas, or *',
    valid: (value) => value.trim() === '*' || names(value).every((name) => DNS_NAME.test(name)),
  },
  [ANNOTATION.serviceName]: { text: 'a text of 1 to 255 printable characters', valid: (value) => SERVICE_NAME.test(value.trim()) },
  [ANNOTATION.stack]: { text: '[namespace/]name of a TelemetryStack', valid: (value) => STACK_NAME.test(value.trim()) },
};

function names(value: string): readonly string[] {
  return value.split(',').map((name) => name.trim());
}

/**
 * The settings of a workload. The workload's own annotations win over its pod template's, and these over the Namespace's.
 * `duotel.io/backend: none` wins wherever it is. An unknown key or value under `duotel.io/` refuses everything.
 */
export function settingsOf(workload: KubeObject, namespace: KubeObject, runtimes: readonly Runtime[] = RUNTIMES): InjectionSettings {
  const sources: readonly [Level, string, Readonly<Record<string, string>>][] = [
    ['workload', `${workload.kind} ${workload.metadata.name}`, workload.metadata.annotations ?? {}],
    ['pod template', `the pod template of ${workload.kind} ${workload.metadata.name}`, templateAnnotations(workload)],
    ['namespace', `Namespace ${namespace.metadata.name}`, namespace.metadata.annotations ?? {}],
  ];
  const found: Found[] = [];
  let unknown: InjectionSettings | undefined;
  let invalid: InjectionSettings | undefined;
  let backendStated = false;
  for (const [level, place, annotations] of sources) {
    for (const key of Object.keys(annotations).sort()) {
      if (!key.startsWith(PREFIX) || NO_WISHES.includes(key)) continue;
      const value = annotations[key] ?? '';
      const known = USER_ANNOTATIONS.find((candidate) => candidate === key);
      backendStated ||= key === ANNOTATION.backend;
      if (known === undefined) {
        unknown ??= refused(unknownKey(key, place), level);
        continue;
      }
      const message = invalidValue(known, value, place, runtimes);
      if (message === undefined) found.push({ key: known, value: value.trim(), level });
      else invalid ??= refused(message, level);
    }
  }
  // An opt-out counts even beside a mistake: its author wants no change.
  if (found.some(({ key, value }) => key === ANNOTATION.backend && value === 'none')) return { kind: 'optedOut' };
  if (unknown !== undefined) return unknown;
  // Without the annotation that turns telemetry on, the others mean nothing: to give a workload back, its removal is enough.
  return backendStated ? (invalid ?? combine(found)) : { kind: 'absent' };
}

function refused(message: string, level: Level): InjectionSettings {
  return { kind: 'refused', reason: 'InvalidAnnotation', message, level };
}

function combine(found: readonly Found[]): InjectionSettings {
  // `found` is in order of precedence.
  const get = (key: UserAnnotation) => found.find((entry) => entry.key === key)?.value;
  const backend = get(ANNOTATION.backend);
  if (backend === undefined) return { kind: 'absent' };
  const containers = get(ANNOTATION.containers);
  const serviceName = get(ANNOTATION.serviceName);
  const stack = get(ANNOTATION.stack);
  return {
    kind: 'active',
    backend: backend as ActiveBackend,
    bootstrap: get(ANNOTATION.bootstrap) ?? NO_BOOTSTRAP,
    ...(containers === undefined ? {} : { containers: containers === '*' ? '*' : [...new Set(names(containers))] }),
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(stack === undefined ? {} : { stack }),
    captureContent: get(ANNOTATION.captureContent) === 'true',
    notes: found
      .filter(({ level }) => level === 'pod template')
      .map(({ key }) => ({
        reason: 'AnnotationOnPodTemplate',
        level: 'note',
        message: `${key} is on the pod template; put it on the metadata of the workload`,
      })),
  };
}

function unknownKey(key: string, place: string): string {
  return `${quote(key)} on ${place} is not an annotation of duotel.${didYouMean(key, USER_ANNOTATIONS)} Its annotations are ${list(USER_ANNOTATIONS)}. Correct or remove it`;
}

/** undefined: the value is fine. */
function invalidValue(key: UserAnnotation, value: string, place: string, runtimes: readonly Runtime[]): string | undefined {
  const expected = EXPECTED[key];
  if ('values' in expected) {
    const values = expected.values(runtimes);
    if (values.includes(value.trim())) return undefined;
    return `${key} on ${place} is ${quote(value)}, expected ${list(values)}.${didYouMean(value.trim(), values)}`;
  }
  return expected.valid(value) ? undefined : `${key} on ${place} is ${quote(value)}, expected ${expected.text}`;
}

function quote(value: string): string {
  return JSON.stringify(value.length <= QUOTED ? value : `${value.slice(0, QUOTED)}...`);
}

function list(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
