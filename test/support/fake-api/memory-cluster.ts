import { type Fields, isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { ClusterCache } from '../../../src/controller/cluster-cache.ts';
import { storedWorkload } from '../../../src/inject/workload/stored-workload.ts';
import type { KubeApi, ObjectRef } from '../../../src/kube/kube-api.ts';
import { storedConfigMap } from '../../../src/workloads/stored-config-map.ts';
import { refusal, StoringApi } from './storing-api.ts';

/** What the operator keeps of these kinds; of others all. */
const STORED: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  StatefulSet: storedWorkload,
  Deployment: storedWorkload,
  ConfigMap: storedConfigMap,
};

/** A cluster without time: `cache` shows at once what was written, as the operator's own copy would. */
export class MemoryCluster extends StoringApi {
  /** What was written through `api`: `verb Kind/name`, or `verb Kind/name subresource`. */
  readonly writes: string[] = [];
  /** What was listed through `api`: `list Kind`. */
  readonly reads: string[] = [];
  /** What the cache still shows, though it may be gone. */
  readonly lingering: KubeObject[] = [];
  readonly #mayHaveOptionalKinds: boolean;

  /** `mayHaveOptionalKinds`: what it answers who asks for its rights to them. */
  constructor(objects: readonly KubeObject[], mayHaveOptionalKinds = false) {
    super(...objects);
    this.#mayHaveOptionalKinds = mayHaveOptionalKinds;
  }

  /** Another `spec` is another generation. */
  override put(object: KubeObject): KubeObject {
    const before = this.get(object.kind, object.metadata.name);
    const isNew = JSON.stringify(before?.['spec']) !== JSON.stringify(object['spec']);
    const generation = (before?.metadata.generation ?? 0) + (isNew ? 1 : 0);
    return super.put({ ...object, metadata: { ...object.metadata, generation } });
  }

  /** Sorted. */
  override get names(): readonly string[] {
    return [...super.names].sort();
  }

  remove({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): void {
    this.objects.delete(`${kind}/${metadata.name}`);
  }

  get cache(): ClusterCache {
    const values = (kind: string): readonly KubeObject[] =>
      [...this.objects.values(), ...this.lingering]
        .filter((object) => object.kind === kind)
        .map((object) => STORED[kind]?.(object) ?? object);
    const get = (kind: string, { name, namespace }: ObjectRef): KubeObject | undefined =>
      values(kind).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    return {
      get,
      values,
      live: (entry: ObjectRef & { readonly kind: string }) => get(entry.kind, entry),
      watches: () => true,
      remember: () => undefined,
    } as unknown as ClusterCache;
  }

  override api(): KubeApi {
    const stored = super.api();
    return {
      ...stored,
      list: async (type, options) => {
        this.reads.push(`list ${type.kind}`);
        const [label = '', value] = String(options?.query?.['labelSelector'] ?? '').split('=');
        const { items, resourceVersion } = await stored.list(type, options);
        return { items: items.filter(({ metadata }) => label === '' || metadata.labels?.[label] === value), resourceVersion };
      },
      create: async (_type, review) => ({ ...review, status: { allowed: this.#mayHaveOptionalKinds } }),
      patch: async (type, ref, format, body, query = {}) => {
        this.writes.push(['patch', `${type.kind}/${ref.name}`, query.subresource ?? []].flat().join(' '));
        if (format === 'application/apply-patch+yaml') return stored.patch(type, ref, format, body, query);
        const live = this.get(type.kind, ref.name);
        const { metadata, ...fields } = body as KubeObject;
        if (live === undefined) throw refusal(404, 'NotFound');
        if (live.metadata.resourceVersion !== (metadata.resourceVersion ?? live.metadata.resourceVersion)) throw refusal(409, 'Conflict');
        return this.put({ ...live, ...(merged(live, fields) as KubeObject) });
      },
      delete: async (type, ref, preconditions) => {
        this.writes.push(`delete ${type.kind}/${ref.name}`);
        return stored.delete(type, ref, preconditions);
      },
    };
  }
}

/** As a merge patch does: null removes, lists are replaced. */
function merged(before: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const fields: Fields = isFields(before) ? before : {};
  const kept = Object.entries({ ...fields, ...patch }).filter(([name]) => patch[name] !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, Object.hasOwn(patch, name) ? merged(fields[name], value) : value]));
}
