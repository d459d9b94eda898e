import { expect } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { valueAt } from '../../../api/value-at.ts';
import { releasePatch } from '../../../src/inject/change/release.ts';
import { decideWorkload } from '../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../src/inject/decision/decision.ts';
import type { InjectionConfig } from '../../../src/inject/wishes/config.ts';
import { isApiError, type KubeApi, type ResourceType } from '../../../src/kube/kube-api.ts';
import { eventually } from '../time/eventually.ts';
import { input, stack } from '../workloads/injection.ts';
import { strategicMerge } from '../workloads/strategic-merge.ts';

export const DEPLOYMENT: ResourceType = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const REPLICA_SET: ResourceType = { ...DEPLOYMENT, kind: 'ReplicaSet', plural: 'replicasets' };
const DEFAULT_STACK = stack();

/** Decisions of ours on workloads of a real API server, carried out one pass after the other without a controller. */
export class Passes {
  readonly #api: KubeApi;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  async get(object: KubeObject, type = DEPLOYMENT): Promise<KubeObject> {
    const live = await this.#api.get(type, object.metadata);
    if (live === undefined) throw new Error(`${object.metadata.name} is gone`);
    return live;
  }

  /** One pass of a controller: decide, write, release; once more when the deployment controller wrote its status in between. */
  async once(object: KubeObject, type = DEPLOYMENT, config: InjectionConfig = DEFAULT_STACK): Promise<Decision> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#try(object, type, config);
      } catch (error) {
        // A decision may be a release by itself, which is refused as in #release.
        if (!(isApiError(error, 'Conflict') || isApiError(error, 'Invalid')) || attempt === 10) throw error;
      }
    }
  }

  /** The workload after passes until nothing is left to do; nothing of it is then ours by managedFields. */
  async settle(object: KubeObject, type = DEPLOYMENT, config: InjectionConfig = DEFAULT_STACK): Promise<KubeObject> {
    await this.once(object, type, config);
    expect((await this.once(object, type, config)).action).toBe('none');
    const live = await this.get(object, type);
    expect((live.metadata.managedFields ?? []).map(({ manager }) => manager)).not.toContain(FIELD_MANAGER);
    return live;
  }

  /** Name of the ReplicaSet that makes the Deployment's pods now. */
  currentReplicaSet(object: KubeObject): Promise<string> {
    return eventually(`a ReplicaSet of ${object.metadata.name}`, async () => {
      const live = await this.get(object);
      if (valueAt(live, ['status', 'observedGeneration']) !== live.metadata.generation) return undefined;
      const revision = 'deployment.kubernetes.io/revision';
      const { items } = await this.#api.list(REPLICA_SET, {
        namespace: object.metadata.namespace ?? '',
        query: { labelSelector: `app=${object.metadata.name}` },
      });
      return items.find(({ metadata }) => metadata.annotations?.[revision] === live.metadata.annotations?.[revision])?.metadata.name;
    });
  }

  async #try(object: KubeObject, type: ResourceType, config: InjectionConfig): Promise<Decision> {
    const live = await this.get(object, type);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: object.metadata.namespace ?? '' } };
    const decision = decideWorkload(input(live, { namespace, stacks: [config] }));
    if (decision.action === 'none') return decision;
    const { type: how, body } = decision.patch;
    const answer = await this.#api.patch(type, object.metadata, how, body, { fieldManager: FIELD_MANAGER });
    if (how === 'application/strategic-merge-patch+json') {
      // Our own strategic merge, with which unit tests work, is held against the real one on every write of these tests.
      expect(answer['spec']).toEqual((strategicMerge(live, body) as KubeObject)['spec']);
    }
    await this.#release(answer, type);
    return decision;
  }

  /** Another writer may move our entry in managedFields: the API server then answers that the test failed, and we look again. */
  async #release(written: KubeObject, type: ResourceType): Promise<void> {
    for (let live = written, attempt = 0; ; live = await this.get(written, type), attempt += 1) {
      const patch = releasePatch(live);
      if (patch === undefined) return;
      try {
        await this.#api.patch(type, live.metadata, 'application/json-patch+json', patch, { fieldManager: FIELD_MANAGER });
        return;
      } catch (error) {
        if (!isApiError(error, 'Invalid') || attempt === 10) throw error;
      }
    }
  }
}
