import type {
  TelemetryStackSpecCollector,
  TelemetryStackSpecGrafana,
  TelemetryStackSpecJaeger,
  TelemetryStackSpecPrometheus,
} from '../imports/duotel.io.ts';
import type { Resolved } from './resolved.ts';

// The component sections of a TelemetryStack's spec with every default filled in, and the parts that code has a use for.

export type CollectorSettings = Resolved<TelemetryStackSpecCollector, 'collector'>;
export type JaegerSettings = Resolved<TelemetryStackSpecJaeger, 'jaeger'>;
export type PrometheusSettings = Resolved<TelemetryStackSpecPrometheus, 'prometheus'>;
export type GrafanaSettings = Resolved<TelemetryStackSpecGrafana, 'grafana'>;

/** Settings for the pods of every component and tier. */
export type PodSettings = Pick<
  CollectorSettings,
  | 'resources'
  | 'nodeSelector'
  | 'tolerations'
  | 'affinity'
  | 'topologySpreadConstraints'
  | 'priorityClassName'
  | 'podLabels'
  | 'podAnnotations'
  | 'extraArgs'
  | 'extraEnv'
>;
/** Further settings of components with pages. */
export type PageSettings = Pick<GrafanaSettings, 'ingress' | 'httpRoute'>;
export type ServiceSettings = CollectorSettings['service'];
export type StorageSettings = CollectorSettings['storage'];
export type SamplingSettings = CollectorSettings['sampling'];
export type TraceStorage = JaegerSettings['storage'];
export type ExtraExporter = NonNullable<CollectorSettings['exporters']>[number];
export type Signal = ExtraExporter['signals'][number];
export type RemoteWrite = NonNullable<PrometheusSettings['remoteWrite']>[number];
export type SecretKey = NonNullable<ExtraExporter['caSecret']>;
