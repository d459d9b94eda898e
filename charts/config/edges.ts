import { type Component, componentHost, PORT } from '../../src/api/names.ts';
import type { ResolvedStackSpec } from '../../src/api/telemetry-stack.ts';

/**
 * Who opens a connection. `workloads`: any pod of any namespace. `namespace`: any pod of the stack's own namespace (people reach the
 * pages by port-forward, which ends at the kubelet and needs no edge).
 */
export type EdgeSource = Component | 'workloads' | 'namespace';

export interface Edge {
  readonly from: EdgeSource;
  readonly to: Component;
  readonly port: number;
}

/** Where a component scrapes or sends: the one model behind NetworkPolicies and the addresses in the configurations. */
export function edges(spec: ResolvedStackSpec): readonly Edge[] {
  const all: readonly Edge[] = [
    { from: 'workloads', to: 'collector', port: PORT.otlpGrpc },
    { from: 'workloads', to: 'collector', port: PORT.otlpHttp },
    { from: 'collector', to: 'jaeger', port: PORT.otlpGrpc },
    { from: 'prometheus', to: 'collector', port: PORT.collectorMetrics },
    { from: 'prometheus', to: 'collector', port: PORT.selfMetrics },
    { from: 'prometheus', to: 'jaeger', port: PORT.selfMetrics },
    ...(spec.collector.spanMetrics.enabled ? [{ from: 'jaeger', to: 'prometheus', port: PORT.prometheus } as const] : []),
    ...(spec.grafana.enabled
      ? ([
          { from: 'prometheus', to: 'grafana', port: PORT.grafana },
          { from: 'grafana', to: 'prometheus', port: PORT.prometheus },
          { from: 'grafana', to: 'jaeger', port: PORT.jaegerUi },
          { from: 'namespace', to: 'grafana', port: PORT.grafana },
        ] as const)
      : []),
    { from: 'namespace', to: 'prometheus', port: PORT.prometheus },
    { from: 'namespace', to: 'jaeger', port: PORT.jaegerUi },
  ];
  return all;
}

/** The name of a stack and where it is: what an address is made of. */
export interface StackRef {
  readonly name: string;
  readonly namespace: string;
}

/** `host:port` of a component as any pod of the cluster reaches it. */
export function address(stack: StackRef, component: Component, port: number): string {
  return `${componentHost(stack.name, stack.namespace, component)}:${port}`;
}
