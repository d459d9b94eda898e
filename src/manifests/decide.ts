import { ANNOTATION, OPERATOR_ANNOTATIONS, PREFIX, USER_ANNOTATIONS } from '../../api/annotations.ts';
import { type Fields, isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { Runtime } from '../../api/runtimes/runtime.ts';
import { nestAt, valueAt } from '../../api/value-at.ts';
import { strategicMerge } from '../inject/change/strategic-merge.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import type { Decision } from '../inject/decision/decision.ts';
import type { Outcome } from '../inject/decision/outcome.ts';
import type { InjectionConfig } from '../inject/wishes/config.ts';
import { templatePathOf } from '../inject/workload/kinds.ts';
import { withNullsOf, withoutNulls } from './nulls.ts';

/** What is to become of one workload on disk. */
export interface ManifestRequest {
  /** Annotations to set first, by their names. Those of the file stay where none is given. */
  readonly annotate: Readonly<Record<string, string>>;
  /** Take out what an earlier run put in. */
  readonly revert: boolean;
}

export interface ManifestContext {
  /** The Namespace of the workload, as far as the input tells it. */
  readonly namespace: KubeObject;
  readonly stacks: readonly InjectionConfig[];
  /** The languages that can be asked for. */
  readonly runtimes: readonly Runtime[];
}

export interface ManifestDecision {
  /** The object as it is to be written. */
  readonly after: Fields;
  /** undefined: the workload does not concern us. */
  readonly outcome: Outcome | undefined;
  /** ConfigMaps that its pods mount. */
  readonly needs: readonly KubeObject[];
}

/** Annotations of the operator that a manifest does not keep: it is a status, or the manifest has a record of its own name. */
const OPERATORS = Object.fromEntries(OPERATOR_ANNOTATIONS.map((key) => [key, null]));

/** {@link decideWorkload} for an object on disk: the same decision, with the record in an annotation of the manifest's own. */
export function decideManifest(value: Fields, request: ManifestRequest, context: ManifestContext): ManifestDecision {
  const asked = strategicMerge(value, { metadata: { annotations: request.annotate } }) as Fields;
  const workload = asMet(asked, context.namespace.metadata.name);
  const known = manifestRecord(value);
  const decision = decideWorkload({
    workload: request.revert ? withoutSettings(workload) : workload,
    namespace: request.revert ? { ...context.namespace, metadata: { name: context.namespace.metadata.name } } : context.namespace,
    stacks: context.stacks,
    runtimes: context.runtimes,
    operatorNamespace: SYSTEM_NAMESPACE,
  });
  const body = bodyOf(decision);
  const written = valueAt(body, ['metadata', 'annotations', ANNOTATION.injected]);
  // Annotations that our own flags have set are ours to take back. The others are the owner's.
  const set = new Set([...Object.keys(request.annotate).filter((key) => annotation(value, key) === undefined), ...known.annotations]);
  const gone = written === null ? [...set].map((key) => [key, null] as const) : [];
  const record = typeof written === 'string' ? formatManifestRecord(written, [...set]) : written;
  const annotations = {
    ...(request.revert ? {} : request.annotate),
    ...Object.fromEntries(request.revert ? gone : []),
    ...(record === undefined ? {} : { [ANNOTATION.manifest]: record, ...OPERATORS }),
  };
  const { metadata: _, ...template } = body;
  const patch = { ...(Object.keys(annotations).length === 0 ? {} : { metadata: { annotations } }), ...template };
  const after = listsAreWhole(decision) ? withNullsOf(value, jsonMerge(value, patch)) : strategicMerge(value, patch);
  return {
    after: after as Fields,
    outcome: decision.action === 'release' ? undefined : decision.outcome,
    needs: 'needs' in decision ? decision.needs : [],
  };
}

/** Whether a workload on disk has anything of ours, or asks for it. */
export function concernsUs(value: Fields): boolean {
  const template = templatePathOf(value as unknown as KubeObject);
  const sources = [valueAt(value, ['metadata', 'annotations']), valueAt(value, [...template, 'metadata', 'annotations'])];
  return sources.some((annotations) => isFields(annotations) && Object.keys(annotations).some((key) => key.startsWith(PREFIX)));
}

function bodyOf(decision: Decision): Fields {
  switch (decision.action) {
    case 'inject':
    case 'revert':
    case 'status':
      return decision.patch.body as Fields;
    case 'release':
    case 'none':
      return {};
    default:
      return decision satisfies never;
  }
}

/** A custom resource knows no merge keys: its patch carries whole lists. */
function listsAreWhole(decision: Decision): boolean {
  return 'patch' in decision && decision.patch.type === 'application/merge-patch+json';
}

/** JSON merge patch, RFC 7386; an empty map of annotations is not kept. */
function jsonMerge(live: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(live) ? { ...live } : {};
  for (const [field, value] of Object.entries(patch)) {
    const merged = value === null ? undefined : jsonMerge(result[field], value);
    if (merged === undefined || (field === 'annotations' && isFields(merged) && Object.keys(merged).length === 0)) delete result[field];
    else result[field] = merged;
  }
  return result;
}

/** The object as the operator would see it: nulls are absent, the manifest's record is the record, and nobody else owns a field. */
export function asMet(value: Fields, namespace: string): KubeObject {
  const object = withoutNulls(value) as unknown as KubeObject;
  const { managedFields: _, resourceVersion: __, deletionTimestamp: ___, ...metadata } = object.metadata;
  const {
    [ANNOTATION.manifest]: record,
    [ANNOTATION.status]: _s,
    [ANNOTATION.rolledBack]: _r,
    ...annotations
  } = textsOf(metadata.annotations);
  const injected = record === undefined ? {} : { [ANNOTATION.injected]: record };
  const kept = { ...annotations, ...injected };
  const clean = { ...object, metadata: { ...metadata, namespace, annotations: kept } };
  const path = templatePathOf(object);
  const template = valueAt(object, [...path, 'metadata', 'annotations']);
  if (template === undefined) return clean;
  return merge(clean, nestAt([...path, 'metadata', 'annotations'], textsOf(template))) as unknown as KubeObject;
}

function merge(base: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const there = base[key];
    result[key] = key !== 'annotations' && isFields(there) && isFields(value) ? merge(there, value) : value;
  }
  return result;
}

function textsOf(annotations: unknown): Readonly<Record<string, string>> {
  const entries = isFields(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The workload as if nobody had asked for anything. */
function withoutSettings(workload: KubeObject): KubeObject {
  const isOurs = (key: string) =>
    USER_ANNOTATIONS.some((known) => known === key) || (key.startsWith(PREFIX) && key !== ANNOTATION.injected);
  const without = (annotations: unknown) => Object.fromEntries(Object.entries(textsOf(annotations)).filter(([key]) => !isOurs(key)));
  const path = templatePathOf(workload);
  const template = valueAt(workload, [...path, 'metadata', 'annotations']);
  const own = merge(workload, { metadata: { annotations: without(workload.metadata.annotations) } });
  if (template === undefined) return own as unknown as KubeObject;
  return merge(own, nestAt([...path, 'metadata', 'annotations'], without(template))) as unknown as KubeObject;
}

function annotation(value: Fields, key: string): unknown {
  return valueAt(value, ['metadata', 'annotations', key]);
}

/** Keys of annotations that an earlier run has set itself. */
function manifestRecord(value: Fields): { readonly annotations: readonly string[] } {
  const text = annotation(value, ANNOTATION.manifest);
  try {
    const parsed: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    const keys = isFields(parsed) && Array.isArray(parsed['annotations']) ? parsed['annotations'] : [];
    return { annotations: keys.filter((key): key is string => USER_ANNOTATIONS.some((known) => known === key)) };
  } catch {
    return { annotations: [] };
  }
}

/** The operator's record without what only a cluster can tell, and with the annotations that were set beside it. */
function formatManifestRecord(record: string, annotations: readonly string[]): string {
  const { rollout: _, ...kept } = JSON.parse(record) as Fields;
  return JSON.stringify({ ...kept, ...(annotations.length === 0 ? {} : { annotations: annotations.toSorted() }) });
}
