import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { type KubeApi, KubeApiError } from '../../../src/kube/kube-api.ts';
import { listingApi } from './listing-api.ts';

export const refusal = (status: number, reason: string, causes: KubeApiError['body']['causes'] = []): KubeApiError =>
  new KubeApiError(reason, { status, reason, message: reason, causes });

/**
 * Objects as an API server keeps them: each with a UID and a version, deleted only where the preconditions hold, and then gone unless
 * a finalizer holds it. `rival` is called before each write is carried out, or rehearsed (`ask`), and does what others do in that very
 * moment; what it throws is the answer.
 */
export class StoringApi {
  readonly objects = new Map<string, KubeObject>();
  rival: (write: {
    readonly verb: 'apply' | 'ask' | 'delete';
    readonly kind: string;
    readonly name: string;
    readonly force?: boolean;
  }) => void = () => undefined;
  /** What the API server makes of an object that is sent: defaults, and what webhooks change. Default: nothing. */
  admit: (object: KubeObject) => KubeObject = (object) => object;
  #count = 0;

  constructor(...objects: readonly KubeObject[]) {
    for (const object of objects) this.put(object);
  }

  /** Makes the object, or gives it another version. */
  put(object: KubeObject): KubeObject {
    this.#count += 1;
    const key = `${object.kind}/${object.metadata.name}`;
    const uid = this.objects.get(key)?.metadata.uid ?? `uid-${this.#count}`;
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(this.#count) } };
    this.objects.set(key, stored);
    return stored;
  }

  get(kind: string, name: string): KubeObject | undefined {
    return this.objects.get(`${kind}/${name}`);
  }

  /** Deletes it, and makes it again: another one of the same name. */
  remake(kind: string, name: string): KubeObject {
    const before = this.get(kind, name);
    if (before === undefined) throw new Error(`there is no ${kind}/${name}`);
    this.objects.delete(`${kind}/${name}`);
    return this.put(before);
  }

  get names(): readonly string[] {
    return [...this.objects.keys()];
  }

  api(): KubeApi {
    const reads = (): KubeApi => listingApi([...this.objects.values()]);
    return {
      ...reads(),
      get: (type, ref) => reads().get(type, ref),
      list: async (type, options) => {
        const { items, resourceVersion } = await reads().list(type, options);
        const name = /^metadata\.name=(.*)$/.exec(String(options?.query?.['fieldSelector'] ?? ''))?.[1];
        return { items: items.filter(({ metadata }) => name === undefined || metadata.name === name), resourceVersion };
      },
      patch: async ({ kind }, { name }, _type, body, query) => {
        const isRehearsal = query?.['dryRun'] !== undefined;
        this.rival({ verb: isRehearsal ? 'ask' : 'apply', kind, name, force: query?.['force'] === true });
        const live = this.get(kind, name);
        const { metadata, ...fields } = this.admit(body as KubeObject);
        const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply' }];
        const made = { ...live, ...fields, metadata: { ...live?.metadata, ...metadata, managedFields } };
        return isRehearsal ? made : this.put(made);
      },
      delete: async ({ kind }, { name }, { uid, resourceVersion } = {}) => {
        this.rival({ verb: 'delete', kind, name });
        const object = this.get(kind, name);
        if (object === undefined) return false;
        const live = object.metadata;
        const isMeant = (uid ?? live.uid) === live.uid && (resourceVersion ?? live.resourceVersion) === live.resourceVersion;
        if (!isMeant) throw refusal(409, 'Conflict');
        if ((live.finalizers ?? []).length > 0) return Boolean(this.put({ ...object, metadata: { ...live, deletionTimestamp: 'now' } }));
        return this.objects.delete(`${kind}/${name}`);
      },
    };
  }
}
