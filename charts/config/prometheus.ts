import { PORT } from '../../src/api/names.ts';
import type { ResolvedStackSpec } from '../../src/api/telemetry-stack.ts';
import { bytes } from '../quantity.ts';
import { address, type StackRef } from './edges.ts';

export const PROMETHEUS_CONFIG_DIRECTORY = '/etc/prometheus/config';
export const PROMETHEUS_RULES_DIRECTORY = '/etc/prometheus/rules';

/** Name of the scrape job of the metrics that workloads sent; their own `job` label stays what the collector gave them. */
export const WORKLOADS_JOB = 'workloads';

/**
 * Prometheus' configuration. Targets are static, the Services of the stack: each has one replica, and no access to the API server is
 * needed. Retention is here and not among the flags, so that changing it restarts nothing.
 */
export function prometheusConfig(stack: StackRef, spec: ResolvedStackSpec): object {
  const job = (name: string, target: string) => ({ job_name: name, static_configs: [{ targets: [target] }] });
  return {
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    storage: {
      tsdb: { retention: { time: spec.prometheus.retention, size: retentionSize(spec.prometheus) } },
      exemplars: { max_exemplars: 100000 },
    },
    rule_files: [`${PROMETHEUS_RULES_DIRECTORY}/*.yaml`],
    scrape_configs: [
      {
        ...job(WORKLOADS_JOB, address(stack, 'collector', PORT.collectorMetrics)),
        // job and instance say which workload and which of its processes; without this they become exported_job and exported_instance.
        honor_labels: true,
      },
      job('collector', address(stack, 'collector', PORT.selfMetrics)),
      job('jaeger', address(stack, 'jaeger', PORT.selfMetrics)),
      ...(spec.grafana.enabled ? [job('grafana', address(stack, 'grafana', PORT.grafana))] : []),
      job('prometheus', `localhost:${PORT.prometheus}`),
    ],
  };
}

/** What is asked for, but never more than four fifths of the volume: Prometheus does not survive a full one. */
function retentionSize({ retentionSize: asked, storage }: ResolvedStackSpec['prometheus']): string {
  const units: Readonly<Record<string, number>> = { MB: 1024 ** 2, GB: 1024 ** 3 };
  const [, digits = '0', unit = 'MB'] = /^([0-9]+)(MB|GB)$/.exec(asked) ?? [];
  const most = bytes(storage.size) * 0.8;
  return Number(digits) * (units[unit] ?? 1) <= most ? asked : `${Math.floor(most / 1024 ** 2)}MB`;
}
