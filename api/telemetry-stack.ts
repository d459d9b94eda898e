import { parse } from 'yaml';
import type { TelemetryStackSpec } from '../imports/duotel.io.ts';
import { readAsset } from './assets.ts';
import type { CollectorSettings, GrafanaSettings, JaegerSettings, PrometheusSettings } from './component-spec.ts';
import { IMAGES } from './images.ts';
import type { ReconcileSettings } from './reconcile-settings.ts';
import { applyDefaults, type Schema } from './schema.ts';

/** What people write under `spec`: made of the CRD by `npm run import`. */
export type { TelemetryStackSpec };

export const TELEMETRY_STACK = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', plural: 'telemetrystacks' } as const;

/** Every optional field of T present, at every depth, but for those that have no default. */
export interface ResolvedStackSpec {
  readonly suspend: boolean;
  readonly reconcile: ReconcileSettings;
  /** On every object and pod. */
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly imagePullSecrets?: readonly string[];
  readonly collector: CollectorSettings;
  readonly jaeger: JaegerSettings;
  readonly prometheus: PrometheusSettings;
  readonly grafana: GrafanaSettings;
  /** `monthlyCostBudget`: USD. */
  readonly alerts: { readonly monthlyCostBudget?: number };
  readonly injection: {
    readonly protocol: 'http/protobuf' | 'grpc';
    readonly deploymentEnvironment?: string;
    readonly showOpenlitSpans: boolean;
    /** Workloads with available pods that may roll out for the operator at once: of the stack, and of one namespace. */
    readonly maxConcurrentRollouts: number;
    readonly maxConcurrentRolloutsPerNamespace: number;
    /** `deadline`: a number and `s`, `m` or `h`. */
    readonly autoRollback: { readonly enabled: boolean; readonly deadline: string };
    readonly protectedNamespaces: readonly string[];
  };
}

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
