import { expect } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { DEPLOYMENT } from './passes.ts';

/** Who owns a workload, by the ways in which owners write. */
export class Owner {
  readonly #cluster: ControlPlane;
  readonly #api: KubeApi;

  constructor(cluster: ControlPlane, api: KubeApi) {
    this.#cluster = cluster;
    this.#api = api;
  }

  /** As Flux, Argo CD and Helm 4 do. */
  serverSideApply(object: KubeObject, query: { readonly force?: boolean } = {}): Promise<KubeObject> {
    return this.#api.patch(DEPLOYMENT, object.metadata, 'application/apply-patch+yaml', object, { fieldManager: 'flux', ...query });
  }

  async kubectlApply(object: KubeObject, ...flags: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#cluster.kubectl(['apply', ...flags, '-f', '-'], JSON.stringify(object));
    expect([code, stderr]).toEqual([0, '']);
  }

  /** null removes an annotation. */
  annotate(object: KubeObject, annotations: Readonly<Record<string, string | null>>, type = DEPLOYMENT): Promise<KubeObject> {
    const body = { metadata: { annotations } };
    return this.#api.patch(type, object.metadata, 'application/merge-patch+json', body, { fieldManager: 'kubectl-annotate' });
  }
}
