import type { PrometheusSettings, RemoteWrite } from '../../api/component-spec.ts';
import { type ComponentName, componentHost, OPERATOR_NAME, OPERATOR_PORT, PORT, podsName } from '../../api/names.ts';
import { bytes } from '../../api/quantity.ts';
import { pushesMetrics, stackParts } from '../../api/stack-parts.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import type { SecretFile } from '../secret-files.ts';
import { RESOURCE_LABELS } from './collector-common.ts';
import { address } from './edges.ts';

export const PROMETHEUS_CONFIG_DIRECTORY = '/etc/prometheus/config';
export const PROMETHEUS_RULES_DIRECTORY = '/etc/prometheus/rules';
export const REMOTE_WRITE_DIRECTORY = '/etc/prometheus/remote-write';

/** Name of the scrape job of the metrics that workloads sent; their own `job` label stays what the collector gave them. */
export const WORKLOADS_JOB = 'workloads';

/**
 * Prometheus' configuration. Targets are the Services of the stack, so they need no access to the API server. If a component has several
 * pods, DNS names them. Retention is here and not among the flags, so a change of it restarts nothing.
 */
export function prometheusConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const { scrapeInterval, remoteWrite = [] } = spec.prometheus;
  const push = pushesMetrics(spec);
  return {
    global: { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval },
    storage: {
      tsdb: {
        retention: { time: spec.prometheus.retention, size: retentionSize(spec.prometheus) },
        // Two collectors may hold the samples of one process, each in a queue of its own.
        ...(push && { out_of_order_time_window: '30m' }),
      },
      exemplars: { max_exemplars: 100000 },
    },
    ...(push && {
      otlp: {
        promote_resource_attributes: RESOURCE_LABELS,
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        keep_identifying_resource_attributes: true,
        promote_scope_metadata: true,
      },
    }),
    rule_files: [`${PROMETHEUS_RULES_DIRECTORY}/*.yaml`],
    scrape_configs: [
      ...(push
        ? []
        : [
            {
              ...job(WORKLOADS_JOB, address(stack, 'collector', PORT.collectorMetrics)),
              // job and instance say which workload and which of its processes; without this they become exported_job and exported_instance.
              honor_labels: true,
            },
          ]),
      ...stackParts(spec)
        .filter(({ component }) => component !== 'prometheus')
        .map(({ component }) => scrape(stack, spec, component, component === 'grafana' ? PORT.grafana : PORT.selfMetrics)),
      // The operator is in the namespace of its stacks.
      job('operator', `${OPERATOR_NAME}.${stack.namespace}.svc:${OPERATOR_PORT}`),
      job('prometheus', `localhost:${PORT.prometheus}`),
    ],
    ...(remoteWrite.length > 0 && { remote_write: remoteWrite.map(remoteWriteConfig) }),
  };
}

function job(name: string, target: string): object {
  return { job_name: name, static_configs: [{ targets: [target] }] };
}

/** The component's own metrics. A Service would answer with those of any one pod. */
function scrape(stack: StackRef, spec: ResolvedStackSpec, component: ComponentName, port: number): object {
  const host = component === 'gateway' ? componentHost(stack.name, stack.namespace, 'gateway') : podsHost(stack, component);
  return component !== 'gateway' && (spec[component as 'jaeger']?.replicas ?? 1) === 1
    ? job(component, address(stack, component, port))
    : { job_name: component, dns_sd_configs: [{ names: [host], type: 'A', port, refresh_interval: '15s' }] };
}

function podsHost({ name, namespace }: StackRef, component: ComponentName): string {
  return `${podsName(name, component)}.${namespace}.svc`;
}

function remoteWriteConfig({ name, url, headers, bearerToken, basicAuth, caSecret }: RemoteWrite): object {
  const file = (what: string) => `${REMOTE_WRITE_DIRECTORY}/${name}.${what}`;
  return {
    name,
    url,
    send_exemplars: true,
    ...(headers !== undefined && { headers }),
    ...(bearerToken !== undefined && { authorization: { credentials_file: file('token') } }),
    ...(basicAuth !== undefined && { basic_auth: { username: basicAuth.username, password_file: file('password') } }),
    ...(caSecret !== undefined && { tls_config: { ca_file: file('ca.crt') } }),
  };
}

/** Files that remote write reads. */
export function remoteWriteFiles({ remoteWrite = [] }: PrometheusSettings): readonly SecretFile[] {
  return remoteWrite.flatMap(({ name, bearerToken, basicAuth, caSecret }) => [
    ...(bearerToken === undefined ? [] : [{ file: `${name}.token`, secret: bearerToken }]),
    ...(basicAuth === undefined ? [] : [{ file: `${name}.password`, secret: basicAuth.password }]),
    ...(caSecret === undefined ? [] : [{ file: `${name}.ca.crt`, secret: caSecret }]),
  ]);
}

/** The size that the spec asks for, but never more than four fifths of the volume: Prometheus does not survive a full one. */
function retentionSize({ retentionSize: asked, storage }: ResolvedStackSpec['prometheus']): string {
  const most = bytes(storage.size) * 0.8;
  // Prometheus' MB and GB are powers of 1024.
  return bytes(asked.replace(/B$/, 'i')) <= most ? asked : `${Math.floor(most / 1024 ** 2)}MB`;
}
