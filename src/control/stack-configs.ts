import { isDeepStrictEqual } from 'node:util';
import { bootstrapFiles, pricingFile } from '../../bootstrap/files.ts';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { resolveStackSpec, TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import { type InjectionAssets, type InjectionConfig, injectionConfig } from '../inject/config.ts';
import { objectKey } from '../kube/reflector.ts';
import type { ClusterCache } from './cluster-cache.ts';
import { errorText, type Logger } from './logger.ts';

export interface StackConfig {
  readonly config: InjectionConfig;
  /** Nothing is written for the workloads of this stack. */
  readonly suspended: boolean;
}

/** What the TelemetryStacks of one namespace tell workloads; made anew only when a spec changes. */
export class StackConfigs {
  readonly #cache: ClusterCache;
  readonly #namespace: string;
  readonly #logger: Logger;
  readonly #assets: InjectionAssets = { python: bootstrapFiles('python'), pricing: pricingFile() };
  readonly #known = new Map<string, { readonly spec: unknown; readonly made: StackConfig | undefined }>();

  constructor(cache: ClusterCache, namespace: string, logger: Logger) {
    this.#cache = cache;
    this.#namespace = namespace;
    this.#logger = logger;
  }

  all(): readonly StackConfig[] {
    const stacks = this.#cache.values(TELEMETRY_STACK.kind).filter(({ metadata }) => metadata.namespace === this.#namespace);
    return stacks.flatMap((stack) => (stack.metadata.deletionTimestamp === undefined ? (this.#configOf(stack) ?? []) : []));
  }

  /** undefined when the spec cannot be read: the stack's own status says so. */
  #configOf(stack: KubeObject): StackConfig | undefined {
    const key = objectKey(stack.metadata);
    const known = this.#known.get(key);
    if (known !== undefined && isDeepStrictEqual(known.spec, stack['spec'])) return known.made;
    let made: StackConfig | undefined;
    try {
      const spec = resolveStackSpec(stack['spec'] as TelemetryStackSpec);
      const { name } = stack.metadata;
      made = { config: injectionConfig({ name, namespace: this.#namespace, spec }, this.#assets), suspended: spec.suspend };
    } catch (error) {
      this.#logger.error('TelemetryStack cannot be read', { stack: key, error: errorText(error) });
    }
    this.#known.set(key, { spec: stack['spec'], made });
    return made;
  }
}
