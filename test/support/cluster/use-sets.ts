import { afterAll, beforeAll } from '@jest/globals';
import { createKubeApi, type RestKubeApi } from '../../../src/kube/rest/rest-kube-api.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { must } from './installation.ts';
import { AppliedSet } from './sets.ts';
import { useControlPlane } from './use-control-plane.ts';

/** A control plane for the tests of a file, our API on it, and sets of objects. */
export interface Sets {
  readonly cluster: ControlPlane;
  readonly api: RestKubeApi;
  /** A namespace of its own. */
  newNamespace(): Promise<string>;
  /** A set in a namespace of its own. `now`: the clock that the pauses between repairs go by. */
  newSet(now?: () => number): Promise<{ readonly set: AppliedSet; readonly ns: string }>;
}

export function useSets(): Sets {
  const cluster = useControlPlane();
  let api: RestKubeApi | undefined;
  let count = 0;
  beforeAll(async () => {
    api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  });
  afterAll(() => api?.close());
  return {
    cluster,
    get api() {
      if (api === undefined) throw new Error('the API is not there yet');
      return api;
    },
    async newNamespace() {
      count += 1;
      await must(cluster, ['create', 'namespace', `set-${count}`]);
      return `set-${count}`;
    },
    async newSet(now) {
      const ns = await this.newNamespace();
      return { set: new AppliedSet(this.api, ns, now), ns };
    },
  };
}
