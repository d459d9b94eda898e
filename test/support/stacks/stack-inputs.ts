import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';

const EPHEMERAL = { storage: { type: 'ephemeral' } };

/** The settings that golden files exist for, by the name of their folder. */
export const STACK_INPUTS: Readonly<Record<string, TelemetryStackSpec>> = {
  default: {},
  ephemeral: { collector: EPHEMERAL, jaeger: EPHEMERAL, prometheus: EPHEMERAL, grafana: EPHEMERAL } as unknown as TelemetryStackSpec,
  gateway: {
    collector: {
      replicas: 2,
      gateway: { enabled: true },
      exporters: [{ name: 'tempo', protocol: 'grpc', endpoint: 'http://tempo.tempo:4317', signals: ['traces'] }],
    },
    jaeger: {
      replicas: 2,
      storage: { type: 'opensearch', search: { urls: ['https://opensearch.search:9200'] }, credentialsSecret: 'opensearch' },
      ingress: { host: 'jaeger.example.com' },
    },
    prometheus: { remoteWrite: [{ name: 'mimir', url: 'http://mimir.mimir:8080/api/v1/push' }] },
    grafana: {
      replicas: 2,
      database: { host: 'postgres.storage:5432', user: 'grafana', passwordSecret: { name: 'grafana-db', key: 'password' } },
    },
  } as unknown as TelemetryStackSpec,
  'other-operators': {
    collector: { mode: 'opentelemetry-operator' },
    prometheus: { mode: 'operator', url: 'http://prometheus-operated.monitoring.svc:9090' },
    grafana: { mode: 'sidecar' },
  } as unknown as TelemetryStackSpec,
  'no-span-metrics': { collector: { spanMetrics: { enabled: false } }, grafana: { mode: 'sidecar' } } as unknown as TelemetryStackSpec,
};
