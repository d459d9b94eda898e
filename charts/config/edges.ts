import type { PageSettings, ServiceSettings } from '../../api/component-spec.ts';
import { type ComponentName, componentHost, OPERATOR_PORT, PORT } from '../../api/names.ts';
import { pushesMetrics, stackParts } from '../../api/stack-parts.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { outsidePorts } from './outside.ts';

/**
 * Who opens a connection. `workloads`: any pod of any namespace. `namespace`: any pod of the stack's own namespace. (People reach the pages
 * by port-forward, which ends at the kubelet and needs no edge.) `anywhere`: also what is not a pod, through an Ingress, a Gateway or a
 * Service that is open to the outside.
 */
export type EdgeSource = ComponentName | 'workloads' | 'namespace' | 'anywhere';

export interface Edge {
  readonly from: EdgeSource;
  /** `operator`: in the stack's namespace. `outside`: a server that the spec names by an address, wherever it is. */
  readonly to: ComponentName | 'operator' | 'outside';
  readonly port: number;
}

/**
 * DNS servers are anywhere: in kube-system, on the node, on a link-local address. A policy sees the port behind the Service: OpenShift's
 * servers listen on 5353, Gardener's on 8053.
 */
export const DNS_PORTS = [53, 5353, 8053].flatMap((port) => (['UDP', 'TCP'] as const).map((protocol) => ({ port, protocol })));

/** Where a component scrapes or sends: the one model behind NetworkPolicies and the addresses in the configurations. */
export function edges(spec: ResolvedStackSpec): readonly Edge[] {
  const present = new Set<EdgeSource | Edge['to']>([
    ...stackParts(spec).map(({ component }) => component),
    'workloads',
    'namespace',
    'anywhere',
    'operator',
    'outside',
  ]);
  return [...inside(spec), ...fromUsers(spec), ...outsidePorts(spec).map(({ from, port }): Edge => ({ from, to: 'outside', port }))].filter(
    ({ from, to }) => present.has(from) && present.has(to),
  );
}

function inside(spec: ResolvedStackSpec): readonly Edge[] {
  const push = pushesMetrics(spec);
  const managed = spec.prometheus.mode === 'managed';
  const pushTo = (from: ComponentName): readonly Edge[] => (push && managed ? [{ from, to: 'prometheus', port: PORT.prometheus }] : []);
  return [
    { from: 'workloads', to: 'collector', port: PORT.otlpGrpc },
    { from: 'workloads', to: 'collector', port: PORT.otlpHttp },
    { from: 'collector', to: 'jaeger', port: PORT.otlpGrpc },
    { from: 'collector', to: 'gateway', port: PORT.otlpGrpc },
    ...pushTo('collector'),
    ...pushTo('gateway'),
    ...(push ? [] : ([{ from: 'prometheus', to: 'collector', port: PORT.collectorMetrics }] as const)),
    { from: 'prometheus', to: 'collector', port: PORT.selfMetrics },
    { from: 'prometheus', to: 'gateway', port: PORT.selfMetrics },
    { from: 'prometheus', to: 'jaeger', port: PORT.selfMetrics },
    ...(spec.collector.spanMetrics.enabled ? [{ from: 'jaeger', to: 'prometheus', port: PORT.prometheus } as const] : []),
    { from: 'prometheus', to: 'grafana', port: PORT.grafana },
    { from: 'prometheus', to: 'operator', port: OPERATOR_PORT },
    { from: 'grafana', to: 'prometheus', port: PORT.prometheus },
    { from: 'grafana', to: 'jaeger', port: PORT.jaegerUi },
    { from: 'namespace', to: 'grafana', port: PORT.grafana },
    { from: 'namespace', to: 'prometheus', port: PORT.prometheus },
    { from: 'namespace', to: 'jaeger', port: PORT.jaegerUi },
  ];
}

/** Edges of the user's own Prometheus, Grafana, Ingress or load balancer. All that we know of it is a port on which it may listen. */
function fromUsers(spec: ResolvedStackSpec): readonly Edge[] {
  const { collector, jaeger, prometheus, grafana } = spec;
  const isPublic = ({ service, ingress, httpRoute }: PageSettings & { readonly service: ServiceSettings }): boolean =>
    service.type !== 'ClusterIP' || ingress !== undefined || httpRoute !== undefined;
  const anywhere = (open: boolean, to: ComponentName, port: number): readonly Edge[] => (open ? [{ from: 'anywhere', to, port }] : []);
  const scraped: readonly Edge[] = [
    ...(pushesMetrics(spec) ? [] : ([{ from: 'workloads', to: 'collector', port: PORT.collectorMetrics }] as const)),
    { from: 'workloads', to: 'collector', port: PORT.selfMetrics },
    { from: 'workloads', to: 'gateway', port: PORT.selfMetrics },
    { from: 'workloads', to: 'jaeger', port: PORT.selfMetrics },
    { from: 'workloads', to: 'grafana', port: PORT.grafana },
    { from: 'workloads', to: 'operator', port: OPERATOR_PORT },
  ];
  return [
    ...(prometheus.mode === 'managed' ? [] : scraped),
    ...(grafana.mode === 'sidecar'
      ? ([
          { from: 'workloads', to: 'prometheus', port: PORT.prometheus },
          { from: 'workloads', to: 'jaeger', port: PORT.jaegerUi },
        ] as const)
      : []),
    ...anywhere(collector.service.type !== 'ClusterIP', 'collector', PORT.otlpGrpc),
    ...anywhere(collector.service.type !== 'ClusterIP', 'collector', PORT.otlpHttp),
    ...anywhere(isPublic(jaeger), 'jaeger', PORT.jaegerUi),
    ...anywhere(isPublic(prometheus), 'prometheus', PORT.prometheus),
    ...anywhere(isPublic(grafana), 'grafana', PORT.grafana),
  ];
}

/** `host:port` of a component as any pod of the cluster reaches it. */
export function address(stack: StackRef, component: ComponentName, port: number): string {
  return `${componentHost(stack.name, stack.namespace, component)}:${port}`;
}
