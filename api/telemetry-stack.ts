import type { TelemetryStackSpec } from '../imports/duotel.io.ts';
import { IMAGES } from './images.ts';
import type { Resolved } from './resolved.ts';
import { applyDefaults, type Schema } from './schema.ts';
import { stackDefaults } from './stack-defaults.ts';

/** What people write under `spec`: made of the CRD by `npm run import`. */
export type { TelemetryStackSpec };

export const TELEMETRY_STACK = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', plural: 'telemetrystacks' } as const;

/** The spec with every default filled in; crds/telemetrystack.yaml describes each field. */
export type ResolvedStackSpec = Resolved<TelemetryStackSpec>;

/** Read once a process: each pass over a stack asks for it. */
let defaults: Schema | undefined;

/**
 * The spec with the CRD's defaults, as the API server would store it, and with the images of this release where none is named. Images have
 * no default in the CRD: the API server would store it, and no upgrade of the operator could ever change it.
 */
export function resolveStackSpec(spec: TelemetryStackSpec = {}): ResolvedStackSpec {
  defaults ??= stackDefaults();
  const defaulted = applyDefaults(defaults, spec) as unknown as ResolvedStackSpec;
  return {
    ...defaulted,
    collector: { ...defaulted.collector, image: defaulted.collector.image ?? IMAGES.collector },
    jaeger: { ...defaulted.jaeger, image: defaulted.jaeger.image ?? IMAGES.jaeger },
    prometheus: { ...defaulted.prometheus, image: defaulted.prometheus.image ?? IMAGES.prometheus },
    grafana: { ...defaulted.grafana, image: defaulted.grafana.image ?? IMAGES.grafana },
  };
}
