import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../api/kube-object.ts';
import type { TelemetryStackSpec } from '../../api/telemetry-stack.ts';
import { resolveStackSpec, TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import { errorText, type Logger } from '../controller/logger.ts';
import { injectionAssets } from '../inject/wishes/assets.ts';
import { type InjectionConfig, injectionConfig } from '../inject/wishes/config.ts';
import { objectKey } from '../kube/object-key.ts';

interface ReadSpec {
  readonly spec: unknown;
  /** undefined when the spec cannot be read: the stack's own status says so. */
  readonly made: StackConfig | undefined;
}

export interface StackConfig {
  readonly config: InjectionConfig;
  /** Nothing is written for the workloads of this stack. */
  readonly suspended: boolean;
}

/** The settings that the TelemetryStacks of one namespace give to workloads; made again only when a spec changes. */
export class StackConfigs {
  readonly #cache: ClusterCache;
  readonly #namespace: string;
  readonly #logger: Logger;
  readonly #assets = injectionAssets();
  /** By stack that is there. */
  #known: ReadonlyMap<string, ReadSpec> = new Map();

  constructor(cache: ClusterCache, namespace: string, logger: Logger) {
    this.#cache = cache;
    this.#namespace = namespace;
    this.#logger = logger;
  }

  all(): readonly StackConfig[] {
    const stacks = this.#cache
      .values(TELEMETRY_STACK.kind)
      .filter(({ metadata }) => metadata.namespace === this.#namespace && metadata.deletionTimestamp === undefined);
    this.#known = new Map(stacks.map((stack) => [objectKey(stack.metadata), this.#knownOf(stack)]));
    return [...this.#known.values()].flatMap(({ made }) => made ?? []);
  }

  #knownOf(stack: KubeObject): ReadSpec {
    const key = objectKey(stack.metadata);
    const known = this.#known.get(key);
    if (known !== undefined && isDeepStrictEqual(known.spec, stack['spec'])) return known;
    try {
      const spec = resolveStackSpec(stack['spec'] as TelemetryStackSpec);
      const { name } = stack.metadata;
      const config = injectionConfig({ name, namespace: this.#namespace, spec }, this.#assets);
      return { spec: stack['spec'], made: { config, suspended: spec.suspend } };
    } catch (error) {
      this.#logger.error('TelemetryStack cannot be read', { stack: key, error: errorText(error) });
      return { spec: stack['spec'], made: undefined };
    }
  }
}
