import { parse } from 'yaml';
import type { TelemetryStackSpec } from '../imports/duotel.io.ts';
import { readAsset } from './assets.ts';
import { IMAGES } from './images.ts';
import type { Resolved } from './resolved.ts';
import { applyDefaults, type Schema } from './schema.ts';

/** What people write under `spec`: made of the CRD by `npm run import`. */
export type { TelemetryStackSpec };

export const TELEMETRY_STACK = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', plural: 'telemetrystacks' } as const;

/** The spec with every default filled in; crds/telemetrystack.yaml describes each field. */
export type ResolvedStackSpec = Resolved<TelemetryStackSpec>;

/** The CustomResourceDefinition as in crds/telemetrystack.yaml. */
export function telemetryStackCrd(): Record<string, unknown> {
  return parse(readAsset('crds/telemetrystack.yaml'));
}

let specSchema: Schema | undefined;

/** The CRD's schema of `.spec`. Read once a process: each pass over a stack asks for it. */
export function stackSpecSchema(): Schema {
  if (specSchema === undefined) {
    const crd = telemetryStackCrd() as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } };
    specSchema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'];
    if (specSchema === undefined) throw new Error('crds/telemetrystack.yaml: no schema for .spec');
  }
  return specSchema;
}

/**
 * The spec with the CRD's defaults, as the API server would store it, and with the images of this release where none is named.
 * Images have no default in the CRD: the API server would store it, and an upgrade of the operator could never move it.
 */
export function resolveStackSpec(spec: TelemetryStackSpec = {}): ResolvedStackSpec {
  const defaulted = applyDefaults(stackSpecSchema(), spec) as unknown as ResolvedStackSpec;
  return {
    ...defaulted,
    collector: { ...defaulted.collector, image: defaulted.collector.image ?? IMAGES.collector },
    jaeger: { ...defaulted.jaeger, image: defaulted.jaeger.image ?? IMAGES.jaeger },
    prometheus: { ...defaulted.prometheus, image: defaulted.prometheus.image ?? IMAGES.prometheus },
    grafana: { ...defaulted.grafana, image: defaulted.grafana.image ?? IMAGES.grafana },
  };
}
