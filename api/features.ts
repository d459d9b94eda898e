import type { KubeObject } from './kube-object.ts';

/**
 * Kinds that a stack has only when its spec asks for them. The operator has no right to them unless `operator.features` of duotel.yaml, or
 * the stack in it, says so (docs/adr/0030).
 */
export const FEATURES = {
  scaleOut: [
    { apiVersion: 'apps/v1', kind: 'Deployment', resource: 'deployments' },
    { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', resource: 'horizontalpodautoscalers' },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets' },
  ],
  ingress: [{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', resource: 'ingresses' }],
  gatewayApi: [{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', resource: 'httproutes' }],
  prometheusOperator: [
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', resource: 'servicemonitors' },
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', resource: 'prometheusrules' },
  ],
  openTelemetryOperator: [{ apiVersion: 'opentelemetry.io/v1beta1', kind: 'OpenTelemetryCollector', resource: 'opentelemetrycollectors' }],
} as const satisfies Record<string, readonly OptionalKind[]>;

export interface OptionalKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
}

export type Feature = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[];

/** An optional kind with the feature that it belongs to. */
export interface FeatureKind extends OptionalKind {
  readonly feature: Feature;
}

/** The optional kinds among the objects, each once. */
export function optionalKinds(objects: readonly Pick<KubeObject, 'apiVersion' | 'kind'>[]): readonly FeatureKind[] {
  return FEATURE_NAMES.flatMap((feature) =>
    FEATURES[feature]
      .filter(({ apiVersion, kind }) => objects.some((object) => object.apiVersion === apiVersion && object.kind === kind))
      .map((kind) => ({ ...kind, feature })),
  );
}
