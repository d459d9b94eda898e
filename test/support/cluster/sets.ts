import type { InventoryEntry } from '../../../api/inventory-entry.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { subject } from '../../../src/apply/action.ts';
import { type ApplySetOptions, type ApplySetResult, applySet } from '../../../src/apply/apply-set.ts';
import { ApplyMemory } from '../../../src/apply/memory.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';

type Extra = Readonly<Record<string, unknown>>;

/** An object of a set in `namespace`, under the set's label. */
export function member(namespace: string, kind: string, name: string, fields: Extra = {}, apiVersion = 'v1'): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace, labels: { set: namespace } }, ...fields };
}

export function configMap(namespace: string, name: string, text = 'x'): KubeObject {
  return member(namespace, 'ConfigMap', name, { data: { text } });
}

/** A StatefulSet or Deployment whose pods mount the ConfigMaps and run as the service account, if one is named. */
export function workload(
  namespace: string,
  kind: 'StatefulSet' | 'Deployment',
  name: string,
  uses: { readonly configMaps?: readonly string[]; readonly serviceAccountName?: string; readonly spec?: Extra } = {},
): KubeObject {
  const volumes = (uses.configMaps ?? []).map((configMap) => ({ name: configMap, configMap: { name: configMap } }));
  const pod = {
    containers: [{ name: 'app', image: 'app:1' }],
    ...(volumes.length > 0 && { volumes }),
    ...(uses.serviceAccountName && { serviceAccountName: uses.serviceAccountName }),
  };
  const labels = { app: name };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...uses.spec };
  return member(namespace, kind, name, { spec }, 'apps/v1');
}

/** A set that is applied again and again, as a controller does: it keeps its inventory and what it has learnt. */
export class AppliedSet {
  readonly memory: ApplyMemory;
  inventory: readonly InventoryEntry[] = [];
  readonly #api: KubeApi;
  readonly #namespace: string;

  /** `now`: the clock that the pauses between repairs go by. */
  constructor(api: KubeApi, namespace: string, now = () => performance.now()) {
    this.#api = api;
    this.#namespace = namespace;
    this.memory = new ApplyMemory(now);
  }

  async apply(desired: readonly KubeObject[], options: Partial<ApplySetOptions> = {}): Promise<ApplySetResult> {
    const policies = { owner: { label: 'set', value: this.#namespace }, ...options.policies };
    const result = await applySet({
      api: this.#api,
      desired,
      inventory: this.inventory,
      memory: this.memory,
      record: async (inventory) => {
        this.inventory = inventory;
      },
      ...options,
      policies,
    });
    this.inventory = result.inventory;
    return result;
  }
}

/** `outcome Kind/name` of each result; the problem's reason after it where there is one. */
export function outcomes({ results }: ApplySetResult): readonly string[] {
  return results.map(({ action, outcome, problem }) => {
    const { kind, metadata } = subject(action);
    return `${outcome} ${kind}/${metadata.name}${problem === undefined ? '' : ` ${problem.reason}`}`;
  });
}

export function messages({ results }: ApplySetResult): string {
  return results.flatMap(({ problem }) => problem?.message ?? []).join('\n');
}
