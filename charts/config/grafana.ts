import { CALLS_TOTAL, SPAN_DURATION } from '../../api/metrics/span-metrics.ts';
import { PORT } from '../../api/names.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { address } from './edges.ts';
import { prometheusUrl } from './prometheus-url.ts';

export const PROMETHEUS_UID = 'prometheus';
export const JAEGER_UID = 'jaeger';

/** Where the dashboards' files are in the container. */
export const DASHBOARDS_DIRECTORY = '/etc/duotel/dashboards';

/** Grafana expands `$NAME` in provisioning files, so a dollar of a query is written twice. */
const TAGS = '$$__tags';

/** Data sources, with the way from an exemplar to its trace and from a span to its metrics. */
export function grafanaDataSources(stack: StackRef, spec: ResolvedStackSpec): object {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: 'Prometheus',
        uid: PROMETHEUS_UID,
        type: 'prometheus',
        access: 'proxy',
        url: prometheusUrl(stack, spec),
        isDefault: true,
        editable: false,
        jsonData: {
          httpMethod: 'POST',
          prometheusType: 'Prometheus',
          timeInterval: spec.prometheus.scrapeInterval,
          exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: JAEGER_UID, urlDisplayLabel: 'View trace' }],
        },
      },
      {
        name: 'Jaeger',
        uid: JAEGER_UID,
        type: 'jaeger',
        access: 'proxy',
        url: `http://${address(stack, 'jaeger', PORT.jaegerUi)}`,
        editable: false,
        jsonData: { nodeGraph: { enabled: true }, ...(spec.collector.spanMetrics.enabled && { tracesToMetrics: tracesToMetrics() }) },
      },
    ],
  };
}

/**
 * The same for a Grafana with data sources of its own. These are no default, delete none, and have names and identifiers of the stack. A
 * variable of each dashboard chooses the data source.
 */
export function sidecarDataSources(stack: StackRef, spec: ResolvedStackSpec): object {
  const rename = (uid: string): string => `${stack.name}-${uid}`;
  const text = JSON.stringify((grafanaDataSources(stack, spec) as { datasources: unknown }).datasources, (key, value) => {
    if (key === 'isDefault') return false;
    return key === 'uid' || key === 'datasourceUid' ? rename(value as string) : value;
  });
  const datasources = JSON.parse(text) as { readonly name: string; readonly uid: string }[];
  return { apiVersion: 1, datasources: datasources.map((source) => ({ ...source, name: `${source.name} (${stack.name})` })) };
}

function tracesToMetrics(): object {
  return {
    datasourceUid: PROMETHEUS_UID,
    spanStartTimeShift: '-10m',
    spanEndTimeShift: '10m',
    tags: [{ key: 'service.name', value: 'service_name' }],
    queries: [
      { name: 'Calls', query: `sum(rate(${CALLS_TOTAL}{${TAGS}}[5m]))` },
      { name: 'p95', query: `histogram_quantile(0.95, sum by (le) (rate(${SPAN_DURATION}_bucket{${TAGS}}[5m])))` },
    ],
  };
}

/** The folder of dashboards; files are read again every half minute, so a new dashboard needs no restart. */
export function grafanaDashboardProviders(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'duotel',
        folder: 'Duotel',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path: DASHBOARDS_DIRECTORY },
      },
    ],
  };
}
