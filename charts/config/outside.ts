import type { ComponentName } from '../../api/names.ts';
import { pushesMetrics } from '../../api/stack-parts.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';

/** Where API servers listen, by their Service and behind it: 443 of managed ones, 6443 of kubeadm, 8443 of minikube, 16443 of MicroK8s. */
export const API_SERVER_PORTS: readonly number[] = [443, 6443, 8443, 16443];

export interface OutsidePort {
  readonly from: ComponentName;
  readonly port: number;
}

/** Ports of the servers that a spec names by address, with who connects. A NetworkPolicy knows no host names, so these are open to any host. */
export function outsidePorts(spec: ResolvedStackSpec): readonly OutsidePort[] {
  const { collector, jaeger, prometheus, grafana } = spec;
  const { search, cassandra, clickhouse, type } = jaeger.storage;
  const from = (component: ComponentName, ports: readonly number[]) => ports.map((port) => ({ from: component, port }));
  const yours = prometheus.url === undefined ? [] : [urlPort(prometheus.url)];
  const jaegerPorts = {
    persistent: [],
    ephemeral: [],
    opensearch: (search?.urls ?? []).map(urlPort),
    elasticsearch: (search?.urls ?? []).map(urlPort),
    cassandra: cassandra === undefined ? [] : [cassandra.port],
    clickhouse: (clickhouse?.addresses ?? []).map(hostPort),
  }[type];
  const all = [
    ...from(
      'collector',
      (collector.exporters ?? []).map(({ endpoint }) => urlPort(endpoint)),
    ),
    ...from('collector', collector.k8sAttributes.enabled ? API_SERVER_PORTS : []),
    ...from('collector', pushesMetrics(spec) ? yours : []),
    ...from('gateway', pushesMetrics(spec) ? yours : []),
    ...from('jaeger', jaegerPorts),
    ...from('jaeger', collector.spanMetrics.enabled ? yours : []),
    ...from(
      'prometheus',
      (prometheus.remoteWrite ?? []).map(({ url }) => urlPort(url)),
    ),
    ...from('grafana', yours),
    ...from('grafana', grafana.database === undefined ? [] : [hostPort(grafana.database.host)]),
  ];
  return all.filter((one, index) => all.findIndex(({ from: who, port }) => who === one.from && port === one.port) === index);
}

function urlPort(text: string): number {
  const url = new URL(text);
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

function hostPort(text: string): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}
