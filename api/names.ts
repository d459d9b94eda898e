/** The only place where names, labels and ports of the stack's objects are made. */

/** Field manager of every write of the operator. */
export const FIELD_MANAGER = 'duotel';
/** Namespace of the operator and of the default stack. */
export const SYSTEM_NAMESPACE = 'duotel';
/** Name of the TelemetryStack that the operator creates when there is none. */
export const DEFAULT_STACK = 'duotel';

export const COMPONENTS = ['collector', 'jaeger', 'prometheus', 'grafana'] as const;
/** `gateway`: the collector's second tier, where there is one. */
export type ComponentName = (typeof COMPONENTS)[number] | 'gateway';

export const PORT = {
  otlpGrpc: 4317,
  otlpHttp: 4318,
  collectorMetrics: 8889,
  /** Self-metrics of collector and Jaeger. */
  selfMetrics: 8888,
  health: 13133,
  jaegerUi: 16686,
  prometheus: 9090,
  grafana: 3000,
} as const;

/** Name of a component's StatefulSet, Service and ServiceAccount: `<stack>-<component>`. */
export function componentName(stack: string, component: ComponentName): string {
  return `${stack}-${component}`;
}

/** Name of the headless Service that resolves to each pod of a component that has several. */
export function podsName(stack: string, component: ComponentName): string {
  return `${componentName(stack, component)}-pods`;
}

/** Host name of a component's Service as pods of any namespace reach it. */
export function componentHost(stack: string, namespace: string, component: ComponentName): string {
  return `${componentName(stack, component)}.${namespace}.svc`;
}

/** Labels that select a component's pods; immutable in a StatefulSet, so they never change between releases. */
export function selectorLabels(stack: string, component: ComponentName): Record<string, string> {
  return { 'app.kubernetes.io/name': component, 'app.kubernetes.io/instance': stack, 'app.kubernetes.io/part-of': 'duotel' };
}

/** Label that marks an object as belonging to a stack: pruning and watches select by it. */
export const STACK_LABEL = 'duotel.io/stack';

/** Labels of every object of a stack. */
export function objectLabels(stack: string, component?: ComponentName): Record<string, string> {
  return {
    ...(component === undefined
      ? { 'app.kubernetes.io/instance': stack, 'app.kubernetes.io/part-of': 'duotel' }
      : selectorLabels(stack, component)),
    'app.kubernetes.io/managed-by': 'duotel',
    [STACK_LABEL]: stack,
  };
}

/** ConfigMap in the operator's namespace with the TelemetryStack to create where there is none (key `telemetrystack.yaml`). */
export const DEFAULT_STACK_CONFIG = 'duotel-default-stack';
/**
 * Annotation of that ConfigMap: digest of the text of which a TelemetryStack was last made. If it is there, a missing stack is not made
 * again.
 */
export const DEFAULT_APPLIED_ANNOTATION = 'duotel.io/default-applied';
/** Field manager of the default stack: it owns what `dist` says of the stack, and loses each field that somebody else sets. */
export const DEFAULT_STACK_MANAGER = `${FIELD_MANAGER}-default`;

/** Name of the operator's Deployment, Service and rights. */
export const OPERATOR_NAME = 'duotel-operator';
/** Labels that select the operator's pods. */
export const OPERATOR_SELECTOR = { 'app.kubernetes.io/name': 'operator', 'app.kubernetes.io/part-of': 'duotel' } as const;
/** Labels, besides the operator's own, of the ConfigMaps that hold its program. */
export const PROGRAM_LABELS = { 'app.kubernetes.io/component': 'program' } as const;
/** Port of the operator's `/healthz`, `/readyz` and `/metrics`. */
export const OPERATOR_PORT = 8080;

/**
 * Name of the Secret with Grafana's first administrator, keys `admin-user` and `admin-password`. The operator makes it when it is absent
 * and never again, since Grafana reads it at its first start only; no manifest of ours holds it.
 */
export function grafanaAdminSecret(stack: string): string {
  return `${componentName(stack, 'grafana')}-admin`;
}

/**
 * Resource attribute that says which producers a workload has: `openinference`, `openlit` or `both`. The operator sets it through
 * OTEL_RESOURCE_ATTRIBUTES; the collector makes token metrics from spans only where it is `openinference`.
 */
export const BACKEND_RESOURCE_ATTRIBUTE = 'duotel.backend';
/** Resource attribute of workloads that send prompts and completions because somebody asked for it. */
export const CAPTURE_RESOURCE_ATTRIBUTE = 'duotel.capture_content';
