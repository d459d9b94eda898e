import type { KubeObject } from '../../api/kube-object.ts';
import { DEFAULT_STACK, SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { Runtime } from '../../api/runtimes/runtime.ts';
import type { TelemetryStackSpec } from '../../api/telemetry-stack.ts';
import { resolveStackSpec } from '../../api/telemetry-stack.ts';
import { injectionAssets } from '../inject/wishes/assets.ts';
import { type InjectionConfig, injectionConfig } from '../inject/wishes/config.ts';

export interface StackSettings {
  readonly config: InjectionConfig;
  /** The operator writes nothing for the workloads of this stack. */
  readonly suspended: boolean;
}

/**
 * The settings that TelemetryStacks give to workloads. Stacks that are being deleted give none. Throws Error when a spec can not be read.
 */
export function stackSettings(stacks: readonly KubeObject[], runtimes?: readonly Runtime[]): readonly StackSettings[] {
  const assets = injectionAssets(runtimes);
  return stacks
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, ...stack }) => {
      const spec = resolveStackSpec((stack['spec'] ?? {}) as TelemetryStackSpec);
      const namespace = metadata.namespace ?? SYSTEM_NAMESPACE;
      return { config: injectionConfig({ name: metadata.name, namespace, spec }, assets), suspended: spec.suspend };
    });
}

/** The stack that the operator makes where there is none. */
export function defaultStackSettings(): StackSettings {
  const metadata = { name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE };
  const [made] = stackSettings([{ apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata, spec: {} }]);
  if (made === undefined) throw new Error('the default TelemetryStack has no settings');
  return made;
}
