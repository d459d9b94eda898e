import { isApiError, KubeApiError, type ResourceType } from '../kube-api.ts';
import { resourcesIn } from './answer.ts';
import { groupPath } from './paths.ts';

/** What the API server serves, asked for one group version at a time. If a group is not available, the others do not suffer. */
export class Discovery {
  readonly #load: (path: string, about: string) => Promise<unknown>;
  readonly #types = new Map<string, Promise<ReadonlyMap<string, ResourceType>>>();

  /** @param load GET of a path, as JSON. */
  constructor(load: (path: string, about: string) => Promise<unknown>) {
    this.#load = load;
  }

  /** @throws KubeApiError `NotFound` when the kind is not served, even after asking anew; `Unreachable` when it could not be asked. */
  async resourceType(apiVersion: string, kind: string): Promise<ResourceType> {
    for (const fresh of [false, true]) {
      const found = (await this.#typesOf(apiVersion, fresh)).get(kind);
      if (found !== undefined) return found;
    }
    const message = `the API server does not serve ${apiVersion} ${kind}`;
    throw new KubeApiError(message, { status: 404, reason: 'NotFound', message, causes: [], unserved: true });
  }

  /** Asks again the next time: a request was told that the type is not served. */
  forget(apiVersion: string): void {
    this.#types.delete(apiVersion);
  }

  #typesOf(apiVersion: string, fresh: boolean): Promise<ReadonlyMap<string, ResourceType>> {
    const known = this.#types.get(apiVersion);
    if (known !== undefined && !fresh) return known;
    const loading = this.#loadTypes(apiVersion);
    this.#types.set(apiVersion, loading);
    loading.catch(() => {
      if (this.#types.get(apiVersion) === loading) this.#types.delete(apiVersion);
    });
    return loading;
  }

  async #loadTypes(apiVersion: string): Promise<ReadonlyMap<string, ResourceType>> {
    try {
      const about = `discover ${apiVersion}`;
      const types = resourcesIn(await this.#load(groupPath(apiVersion), about), about)
        .filter((resource) => !resource.name.includes('/'))
        .map(({ name: plural, kind, namespaced }) => [kind, { apiVersion, kind, plural, namespaced }] as const);
      return new Map(types);
    } catch (error) {
      if (isApiError(error) && error.body.status === 404) return new Map();
      throw error;
    }
  }
}
