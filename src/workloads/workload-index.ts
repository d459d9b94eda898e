import { ANNOTATION } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { STACK_LABEL } from '../../api/names.ts';
import { readRecord } from '../inject/record/record.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import { hasOurAnnotation, healthyTemplate } from '../inject/workload/stored-workload.ts';
import { templateDigest } from '../inject/workload/template-digest.ts';
import { objectKey } from '../kube/object-key.ts';

/** What we know of one workload without looking at the object. */
interface Entry {
  readonly key: string;
  readonly namespace: string;
  readonly ours: boolean;
  /** Text of the annotation `duotel.io/injected`, and what it says. */
  readonly record: string | undefined;
  readonly stack: string | undefined;
  /**
   * ConfigMaps of ours that it mounts, `namespace/name`: those of its record, and those of its template where `duotel inject -f` wrote
   * them.
   */
  readonly recordedFiles: readonly string[];
  readonly mountedFiles: readonly string[];
  readonly state: 'injected' | 'pending' | 'blocked' | undefined;
  /** Digest of the template whose pods were all available when the status last spoke of this generation. */
  readonly healthy: string | undefined;
}

/** Finds workloads by namespace and by whether they concern us, so that no pass has to look at all of them. */
export class WorkloadIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #ours = new Set<string>();
  readonly #operatorNamespace: string;

  constructor(operatorNamespace: string) {
    this.#operatorNamespace = operatorNamespace;
  }

  /** Whether the workload or its pod template has an annotation of ours. The parts of our own stacks have one, and ask for nothing. */
  asks(workload: KubeObject): boolean {
    const { namespace, labels } = workload.metadata;
    if (namespace === this.#operatorNamespace && labels?.[STACK_LABEL] !== undefined) return false;
    return hasOurAnnotation(workload);
  }

  /** Takes in a change of a workload. */
  set(workload: KubeObject): void {
    const key = workloadKey(workload);
    const before = this.#entries.get(key);
    const entry = entryOf(key, workload, this.asks(workload), before);
    this.#entries.set(key, entry);
    if (before === undefined) {
      const keys = this.#byNamespace.get(entry.namespace) ?? new Set();
      this.#byNamespace.set(entry.namespace, keys.add(key));
    }
    if (entry.ours) this.#ours.add(key);
    else this.#ours.delete(key);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#ours.delete(key);
    const keys = this.#byNamespace.get(entry.namespace);
    keys?.delete(key);
    if (keys?.size === 0) this.#byNamespace.delete(entry.namespace);
  }

  /** Those with an annotation of ours. */
  ours(): readonly Entry[] {
    return [...this.#ours].flatMap((key) => this.#entries.get(key) ?? []);
  }

  inNamespace(namespace: string): readonly Entry[] {
    return [...(this.#byNamespace.get(namespace) ?? [])].flatMap((key) => this.#entries.get(key) ?? []);
  }

  /** Whether every pod of the workload is available and has the present template. */
  isHealthy(workload: KubeObject): boolean {
    const healthy = this.#entries.get(workloadKey(workload))?.healthy;
    return healthy !== undefined && healthy === templateDigest(workload);
  }
}

function entryOf(key: string, workload: KubeObject, ours: boolean, before: Entry | undefined): Entry {
  const { namespace = '', annotations = {} } = workload.metadata;
  const text = annotations[ANNOTATION.injected];
  const health = healthyTemplate(workload);
  const state = /^(injected|pending|blocked) /i.exec(annotations[ANNOTATION.status] ?? '')?.[1]?.toLowerCase();
  return {
    key,
    namespace,
    ours,
    ...(before !== undefined && before.record === text
      ? { record: text, stack: before.stack, recordedFiles: before.recordedFiles }
      : { record: text, ...recorded(workload) }),
    mountedFiles: mounted(workload),
    state: state as Entry['state'],
    healthy: health === undefined ? before?.healthy : (health ?? undefined),
  };
}

function recorded(workload: KubeObject): Pick<Entry, 'stack' | 'recordedFiles'> {
  const record = readRecord(workload);
  if (typeof record === 'string') return { stack: undefined, recordedFiles: [] };
  const namespace = workload.metadata.namespace ?? '';
  return { stack: record.stack, recordedFiles: Object.values(record.volumes).map((name) => objectKey({ namespace, name })) };
}

function mounted(workload: KubeObject): readonly string[] {
  const { namespace = '' } = workload.metadata;
  const names = (podTemplate(workload)?.spec.volumes ?? []).map(({ configMap }) => configMap?.name ?? '');
  return names.filter((name) => name.startsWith('duotel-')).map((name) => objectKey({ namespace, name }));
}

/** `Kind/namespace/name`: what the queue holds. */
export function workloadKey(workload: KubeObject): string {
  return `${workload.kind}/${objectKey(workload.metadata)}`;
}
