import { type DashboardSpec, rate } from './panel.ts';

/** Does the stack itself receive, keep and pass on what workloads send? */
export const stackHealth: DashboardSpec = {
  slug: 'stack-health',
  title: 'Stack health',
  description: 'The collector, Jaeger, Prometheus and Grafana themselves.',
  variables: [],
  panels: [
    {
      title: 'Targets',
      description: '1: Prometheus reaches it.',
      kind: 'stat',
      unit: 'short',
      span: 12,
      queries: [{ expr: 'min by (job) (up)', legend: '{{job}}' }],
    },
    {
      title: 'Alerts',
      description: 'Alerts that fire now.',
      kind: 'table',
      unit: 'short',
      span: 12,
      queries: [{ expr: 'sum by (alertname, severity) (ALERTS{alertstate="firing"})', legend: '' }],
    },
    {
      title: 'Received',
      description: 'Spans, metric points and log records that the collector accepted, a second. Log records are dropped after that.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: ['spans', 'metric_points', 'log_records'].map((signal) => ({
        expr: `sum(${rate(`otelcol_receiver_accepted_${signal}{job="collector"}`)})`,
        legend: signal,
      })),
    },
    {
      title: 'Refused',
      description: 'What the collector sent back, a second: it is short of memory, or its queue is full. SDKs send it again.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: ['spans', 'metric_points', 'log_records'].map((signal) => ({
        expr: `sum(${rate(`otelcol_receiver_refused_${signal}{job="collector"}`)})`,
        legend: signal,
      })),
    },
    {
      title: 'Queue to Jaeger',
      description: 'Share of the queue on disk that is in use. It grows while Jaeger is away and drains when it is back.',
      kind: 'graph',
      unit: 'percentunit',
      span: 12,
      queries: [
        {
          expr: 'max by (exporter) (otelcol_exporter_queue_size{job="collector"} / otelcol_exporter_queue_capacity{job="collector"})',
          legend: '{{exporter}}',
        },
      ],
    },
    {
      title: 'Sent to Jaeger',
      description: 'Spans a second, and those that could not be queued.',
      kind: 'graph',
      unit: 'ops',
      span: 12,
      queries: [
        { expr: `sum(${rate('otelcol_exporter_sent_spans{job="collector"}')})`, legend: 'sent' },
        // The series exists only once it has happened.
        { expr: `sum(${rate('otelcol_exporter_enqueue_failed_spans{job="collector"}')}) or vector(0)`, legend: 'not queued' },
      ],
    },
    {
      title: 'Memory',
      description: 'Resident memory of each process.',
      kind: 'graph',
      unit: 'bytes',
      span: 12,
      queries: [
        { expr: 'max by (job) (otelcol_process_memory_rss)', legend: '{{job}}' },
        { expr: 'max by (job) (process_resident_memory_bytes)', legend: '{{job}}' },
      ],
    },
    {
      title: 'Series in Prometheus',
      description: 'Active series. Each has a price in memory; a jump means a label that grows.',
      kind: 'graph',
      unit: 'short',
      span: 12,
      queries: [{ expr: 'max(prometheus_tsdb_head_series)', legend: 'series' }],
    },
    {
      title: 'Disk',
      description: "What Prometheus' blocks take. They are deleted at the age or the size of spec.prometheus.retention and retentionSize.",
      kind: 'graph',
      unit: 'bytes',
      span: 12,
      queries: [
        { expr: 'max(prometheus_tsdb_storage_blocks_bytes)', legend: 'blocks' },
        { expr: 'max(prometheus_tsdb_retention_limit_bytes)', legend: 'limit' },
      ],
    },
    {
      title: 'Rules',
      description: 'Time of one evaluation of the rules; longer than 15 s, the stable names of docs/dual-mode.md come late.',
      kind: 'graph',
      unit: 's',
      span: 12,
      queries: [{ expr: 'max by (rule_group) (prometheus_rule_group_last_duration_seconds)', legend: '{{rule_group}}' }],
    },
  ],
};
