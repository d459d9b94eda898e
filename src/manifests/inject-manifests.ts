import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { type Fields, isFields } from '../../api/fields.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import type { Runtime } from '../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../api/runtimes/runtimes.ts';
import { valueAt } from '../../api/value-at.ts';
import { FILES_LABEL } from '../inject/change/config-map.ts';
import type { Outcome } from '../inject/decision/outcome.ts';
import type { InjectionConfig } from '../inject/wishes/config.ts';
import { templatePathOf, workloadKind } from '../inject/workload/kinds.ts';
import { concernsUs, decideManifest, type ManifestRequest } from './decide.ts';
import { isBare } from './is-bare.ts';
import { layoutOf } from './layout.ts';
import { namespacesOf } from './namespaces.ts';
import { shapeFault } from './shape.ts';
import { ManifestError, type ManifestObject, type ManifestStream, type ManifestText, parseStream } from './stream.ts';
import { applyEdits, type TextEdit } from './text-edit.ts';
import { editsOf, NotEditable } from './yaml-edit.ts';

export interface InjectManifestsOptions {
  readonly files: readonly ManifestText[];
  /** Namespace of objects that name none; undefined: such a workload can not be injected. */
  readonly namespace?: string;
  readonly stacks: readonly InjectionConfig[];
  /** The languages that can be asked for. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
  /** What to do with a workload. */
  readonly request: (workload: KubeObject) => ManifestRequest;
}

/** What happened to one workload that asked for something. */
export interface ManifestResult {
  readonly file: string;
  readonly line: number;
  /** `Kind/namespace/name`. */
  readonly object: string;
  readonly outcome: Outcome;
  readonly changed: boolean;
  /** It is of a kind that is never injected, and only its Namespace or a selection asks. The result says so, and it is no failure. */
  readonly advice: boolean;
}

export interface InjectedManifests {
  /** As given, in the same order, with their new texts. */
  readonly files: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  /** ConfigMaps that injected pods mount and that no file holds. */
  readonly needs: readonly KubeObject[];
  readonly results: readonly ManifestResult[];
}

/**
 * Injects into the workloads of manifests as the operator does into those of a cluster, and takes out again. Everything that is not ours
 * keeps its bytes. If workloads of the input no longer mount a ConfigMap of ours, it is removed; other ConfigMaps may be somebody else's.
 * @throws ManifestError naming file, line and object when a text can not be read or changed.
 */
export function injectManifests(options: InjectManifestsOptions): InjectedManifests {
  const streams = options.files.map(parseStream);
  const namespaces = namespacesOf(streams);
  const results: ManifestResult[] = [];
  const needs = new Map<string, KubeObject>();
  const after = new Map<ManifestObject, Fields>();
  for (const stream of streams) {
    for (const object of stream.objects) {
      const decided = decide(options, stream, object, namespaces);
      if (decided === undefined) continue;
      for (const need of decided.needs) needs.set(describe(need), need);
      if (!isDeepStrictEqual(decided.after, object.value)) after.set(object, decided.after);
      if (decided.result !== undefined) results.push({ ...decided.result, changed: after.has(object) });
    }
  }
  const objects = streams.flatMap((stream) => stream.objects);
  const mounted = new Set(objects.flatMap((object) => mountedConfigMaps(after.get(object) ?? object.value, options.namespace)));
  const dropped = new Set(
    objects.flatMap((object) => mountedConfigMaps(object.value, options.namespace)).filter((key) => !mounted.has(key)),
  );
  const present = new Set<string>();
  const files = streams.map((stream, index) => {
    const before = options.files[index]?.text ?? '';
    const text = write(stream, after, (object) => {
      const copy = asFilesCopy(object, options.namespace);
      if (copy === undefined) return true;
      if (needs.has(copy)) present.add(copy);
      return needs.has(copy) || !dropped.has(copy);
    });
    return { name: stream.name, before, after: text === stream.text ? before : likeBefore(text, before) };
  });
  return { files, needs: [...needs].filter(([key]) => !present.has(key)).map(([, need]) => need), results };
}

/** Objects as documents to append to a stream, each begun by `---`. */
export function documentsOf(objects: readonly KubeObject[]): string {
  return objects.map((object) => `---\n${stringify(object, { lineWidth: 0, compat: 'yaml-1.1' })}`).join('');
}

function decide(
  { request, stacks, runtimes = RUNTIMES, namespace: given }: InjectManifestsOptions,
  stream: ManifestStream,
  object: ManifestObject,
  namespaces: ReadonlyMap<string, KubeObject>,
) {
  const { value, node, line } = object;
  if (!isFields(value['metadata']) || typeof value['metadata']['name'] !== 'string') return undefined;
  const workload = value as unknown as KubeObject;
  const isWorkload = workloadKind(workload) !== undefined;
  if (!isWorkload && !isBare(workload)) return undefined;
  const name = typeof workload.metadata.namespace === 'string' ? workload.metadata.namespace : given;
  const namespace = namespaces.get(name ?? '') ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name: name ?? '' } };
  const asked = request(workload);
  const byNamespace = Object.keys(namespace.metadata.annotations ?? {}).length > 0;
  const asksItself = concernsUs(value);
  if (!asksItself && Object.keys(asked.annotate).length === 0 && !byNamespace) return undefined;
  const where = `${stream.name}:${line}`;
  const advice = !isWorkload && !asksItself;
  const fault = advice ? undefined : shapeFault(workload, node);
  if (fault !== undefined)
    throw new ManifestError(`${stream.name}:${stream.lineAt(fault.offset)}: ${describe(workload)}: ${fault.message}`);
  if (name === undefined && isWorkload) {
    throw new ManifestError(
      `${where}: ${describe(workload)}: metadata.namespace is not set, and the telemetry names it: set it, or pass --namespace`,
    );
  }
  const { outcome, after, needs } = decideManifest(value, asked, { namespace, stacks, runtimes });
  const id = describe({ kind: workload.kind, metadata: { name: workload.metadata.name, ...(name !== undefined && { namespace: name }) } });
  // A Pod is not told what its Namespace has to say to a workload: an opt-out, a mistake.
  const result =
    outcome === undefined || (advice && outcome.reason !== 'UnsupportedKind')
      ? undefined
      : { file: stream.name, line, object: id, outcome, advice };
  return isWorkload ? { after, needs, result } : { after: value, needs: [], result };
}

/** The stream with the objects as they are to be, and without the documents that `keep` refuses. */
function write(stream: ManifestStream, after: ReadonlyMap<ManifestObject, Fields>, keep: (value: Fields) => boolean): string {
  const edits: TextEdit[] = [];
  const dropped = new Set<unknown>();
  for (const object of stream.objects) {
    if (!keep(object.value)) {
      if (object.document === undefined) continue;
      dropped.add(object.value);
      edits.push({ start: object.document.start, end: object.document.end, text: '' });
      continue;
    }
    const wanted = after.get(object);
    if (wanted === undefined) continue;
    try {
      edits.push(...editsOf(stream.text, object.node, object.value, wanted, layoutOf(stream.text, object.node)));
    } catch (error) {
      if (!(error instanceof NotEditable)) throw error;
      throw new ManifestError(
        `${stream.name}:${stream.lineAt(error.offset)}: ${describe(object.value as unknown as KubeObject)}: ${error.message}; write it out`,
      );
    }
  }
  if (edits.length === 0) return stream.text;
  const text = applyEdits(stream.text, edits);
  check(stream, text, after, dropped);
  return text;
}

/** The written text must say what was decided, and of everything else what it said before: an anchor may have carried a change further. */
function check(stream: ManifestStream, text: string, after: ReadonlyMap<ManifestObject, Fields>, dropped: ReadonlySet<unknown>): void {
  const wanted = stream.objects.filter(({ value }) => !dropped.has(value)).map((object) => after.get(object) ?? object.value);
  const written = parseStream({ name: stream.name, text }).objects;
  const wrong = written.findIndex(({ value }, index) => !isDeepStrictEqual(value, wanted[index]));
  if (wrong < 0 && written.length === wanted.length) return;
  const object = [...after.keys()][0];
  const name = object === undefined ? '' : `${describe(object.value as unknown as KubeObject)}: `;
  throw new ManifestError(
    `${stream.name}:${object?.line ?? 1}: ${name}the change can not be written without changing something else; if an anchor (&) or a merge key (<<) is used there, write it out`,
  );
}

/** `ConfigMap/namespace/name` of a ConfigMap that an earlier run has made; undefined for every other object. */
function asFilesCopy(value: Fields, namespace: string | undefined): string | undefined {
  const object = value as unknown as KubeObject;
  if (object.kind !== 'ConfigMap' || object.metadata?.labels?.[FILES_LABEL] === undefined) return undefined;
  return configMapId(object.metadata.name, object, namespace);
}

/** `ConfigMap/namespace/name` of each that the pods of a workload mount; none for every other object. */
function mountedConfigMaps(value: Fields, namespace: string | undefined): readonly string[] {
  const object = value as unknown as KubeObject;
  if (workloadKind(object) === undefined) return [];
  const volumes = valueAt(value, [...templatePathOf(object), 'spec', 'volumes']);
  const names = (Array.isArray(volumes) ? volumes : []).map((volume) => valueAt(volume, ['configMap', 'name']));
  return names.filter((name) => typeof name === 'string').map((name) => configMapId(name, object, namespace));
}

/** `ConfigMap/namespace/name` beside an object; `namespace`: of those that name none. */
function configMapId(name: string, { metadata }: KubeObject, namespace = ''): string {
  return describe({ kind: 'ConfigMap', metadata: { name, namespace: metadata?.namespace ?? namespace } });
}

/** Ends with a line break only where the text did. */
function likeBefore(text: string, before: string): string {
  return before.endsWith('\n') || before === '' ? text : text.replace(/\r?\n$/, '');
}
