import { type Fields, isFields } from '../../src/api/fields.ts';
import type { KubeObject } from '../../src/api/kube-object.ts';
import type { ClusterCache } from '../../src/control/cluster-cache.ts';
import { storedConfigMap } from '../../src/control/stored-config-map.ts';
import { storedWorkload } from '../../src/inject/stored-workload.ts';
import { type KubeApi, KubeApiError, type ListOptions, type ObjectRef, type ResourceType } from '../../src/kube/kube-api.ts';
import { listingApi } from './listing-api.ts';

type Identity = Pick<KubeObject, 'kind' | 'metadata'>;

const idOf = (kind: string, { namespace = '', name }: ObjectRef): string => `${kind}/${namespace}/${name}`;
/** What the operator keeps of these kinds; of others all. */
const STORED: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  StatefulSet: storedWorkload,
  Deployment: storedWorkload,
  ConfigMap: storedConfigMap,
};

/** A cluster without time: `cache` shows at once what was written, as the operator's own copy would. */
export class MemoryCluster {
  /** What was written through `api`: `verb Kind/name`, or `verb Kind/name/subresource`. */
  readonly writes: string[] = [];
  /** What was read through `api`: `list Kind`. */
  readonly reads: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #mayHaveOptionalKinds: boolean;
  #version = 0;

  /** `mayHaveOptionalKinds`: what it answers who asks for its rights to them. */
  constructor(objects: readonly KubeObject[], mayHaveOptionalKinds = false) {
    this.#mayHaveOptionalKinds = mayHaveOptionalKinds;
    for (const object of objects) this.put(object);
  }

  find(kind: string, name: string, namespace = 'duotel'): KubeObject | undefined {
    return this.#objects.get(idOf(kind, { name, namespace }));
  }

  /** `Kind/name` of all. */
  get names(): readonly string[] {
    return [...this.#objects.values()].map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
  }

  /** Stores the object in place of the one of that name. Another `spec` is another generation. */
  put(object: KubeObject): KubeObject {
    const id = idOf(object.kind, object.metadata);
    const before = this.#objects.get(id);
    this.#version += 1;
    const { generation = 0, uid = `uid-${this.#version}` } = before?.metadata ?? {};
    const isNew = JSON.stringify(before?.['spec']) !== JSON.stringify(object['spec']);
    const version = { uid, generation: isNew ? generation + 1 : generation, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata: { ...object.metadata, ...version } };
    this.#objects.set(id, stored);
    return stored;
  }

  remove({ kind, metadata }: Identity): void {
    this.#objects.delete(idOf(kind, metadata));
  }

  get cache(): ClusterCache {
    const values = (kind: string): readonly KubeObject[] => this.#listed(kind).map((object) => STORED[kind]?.(object) ?? object);
    const get = (kind: string, ref: ObjectRef): KubeObject | undefined =>
      values(kind).find(({ metadata }) => idOf(kind, metadata) === idOf(kind, ref));
    return {
      get,
      values,
      live: (entry: ObjectRef & { readonly kind: string }) => get(entry.kind, entry),
      watches: () => true,
      remember: () => undefined,
    } as unknown as ClusterCache;
  }

  get api(): KubeApi {
    const noted = (verb: string, { kind }: ResourceType, { name }: ObjectRef, subresource?: string): void => {
      this.writes.push([`${verb} ${kind}/${name}`, ...(subresource === undefined ? [] : [subresource])].join('/'));
    };
    return {
      ...listingApi([]),
      list: async ({ kind }, options) => {
        this.reads.push(`list ${kind}`);
        return { items: this.#listed(kind, options), resourceVersion: String(this.#version) };
      },
      create: async (_type, review) => ({ ...review, status: { allowed: this.#mayHaveOptionalKinds } }),
      patch: async (type, ref, format, body, { subresource } = {}) => {
        const before = this.#objects.get(idOf(type.kind, ref));
        if (before === undefined && format !== 'application/apply-patch+yaml') throw refused(404, 'NotFound', type, ref);
        const { metadata, ...fields } = body as KubeObject;
        this.#expect(type, ref, metadata);
        noted('patch', type, ref, subresource);
        const named = { metadata: merged(before?.metadata, { ...metadata, ...ref }) as KubeObject['metadata'] };
        // All that an object has besides its metadata is taken for applied by the operator: what it leaves out goes.
        if (format === 'application/apply-patch+yaml') return this.put({ ...before, ...fields, ...named } as KubeObject);
        return this.put({ ...(merged(before, fields) as KubeObject), ...named });
      },
      delete: async (type, ref, preconditions = {}) => {
        if (!this.#objects.has(idOf(type.kind, ref))) return false;
        this.#expect(type, ref, preconditions);
        noted('delete', type, ref);
        return this.#objects.delete(idOf(type.kind, ref));
      },
    };
  }

  /** @throws KubeApiError `Conflict`, as the API server does, when the object is another one or another version than it is taken for. */
  #expect(type: ResourceType, ref: ObjectRef, expected: { readonly uid?: string; readonly resourceVersion?: string }): void {
    const { uid, resourceVersion } = this.#objects.get(idOf(type.kind, ref))?.metadata ?? {};
    const isIt = (expected.uid ?? uid) === uid && (expected.resourceVersion ?? resourceVersion) === resourceVersion;
    if (!isIt) throw refused(409, 'Conflict', type, ref);
  }

  #listed(kind: string, { namespace, query = {} }: ListOptions = {}): readonly KubeObject[] {
    const [label = '', value] = String(query['labelSelector'] ?? '').split('=');
    const name = query['fieldSelector'] === undefined ? undefined : String(query['fieldSelector']).replace('metadata.name=', '');
    return [...this.#objects.values()].filter(
      (object) =>
        object.kind === kind &&
        (namespace === undefined || object.metadata.namespace === namespace) &&
        (name === undefined || object.metadata.name === name) &&
        (label === '' || object.metadata.labels?.[label] === value),
    );
  }
}

function refused(status: number, reason: string, { kind }: ResourceType, { name }: ObjectRef): KubeApiError {
  return new KubeApiError(`${kind}/${name}: ${reason}`, { status, reason, message: reason, causes: [] });
}

/** As a merge patch does: null removes, lists are replaced. */
function merged(before: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const fields: Fields = isFields(before) ? before : {};
  const kept = Object.entries({ ...fields, ...patch }).filter(([name]) => patch[name] !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, Object.hasOwn(patch, name) ? merged(fields[name], value) : value]));
}
