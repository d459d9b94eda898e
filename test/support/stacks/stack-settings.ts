import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import type { Factor } from './pairwise.ts';

type Fragment = Readonly<Record<string, unknown>>;

const SECRET = { name: 'credentials', key: 'value' };
const CA = '-----BEGIN CERTIFICATE-----\nMIIBdDCCARqgAwIBAgIBATAKBggqhkjOPQQDAjA=\n-----END CERTIFICATE-----\n';
const PLACEMENT = {
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'telemetry', value: 'yes', effect: 'NoSchedule' }, { operator: 'Exists' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }] },
    },
  },
  topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }],
  priorityClassName: 'system-cluster-critical',
};
const LABELS = { podLabels: { 'example.com/team': 'ml' }, podAnnotations: { 'example.com/note': 'any text, of any form' } };
const VARIABLES = [
  { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' },
  { name: 'FROM_SECRET', secretKeyRef: SECRET },
];
const BIG = { resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { cpu: '2', memory: '4Gi' } } };
const PATCHES = {
  collector: {
    configPatch: { processors: { memory_limiter: { limit_percentage: 70 } }, service: { telemetry: { logs: { level: 'debug' } } } },
  },
  jaeger: {
    configPatch: {
      extensions: { jaeger_query: { base_path: '/jaeger' } },
      exporters: { jaeger_storage_exporter: { retry_on_failure: null } },
    },
  },
  prometheus: {
    configPatch: {
      global: { external_labels: { cluster: 'a' } },
      scrape_configs: [{ job_name: 'own', static_configs: [{ targets: ['own:80'] }] }],
    },
  },
};
const everyComponent = (settings: Fragment): Fragment =>
  Object.fromEntries(['collector', 'jaeger', 'prometheus', 'grafana'].map((component) => [component, settings]));
const pages = (settings: (component: string) => Fragment): Fragment =>
  Object.fromEntries(['jaeger', 'prometheus', 'grafana'].map((component) => [component, settings(component)]));
const search = (settings: Fragment): Fragment => ({ urls: ['https://search.storage:9200', 'https://other.storage:9200'], ...settings });
const factor = (name: string, values: Readonly<Record<string, Fragment>>): Factor<Fragment> => ({
  name,
  values: Object.entries(values).map(([value, fragment]) => ({ name: value, value: fragment })),
});

/** Every setting of a TelemetryStack's components with the values that are told apart: what the table of `npm run test:configs` is made of. */
export const SETTINGS: readonly Factor<Fragment>[] = [
  factor('jaeger.storage', {
    persistent: {},
    ephemeral: { jaeger: { storage: { type: 'ephemeral', size: '512Mi' }, retention: '1h' } },
    opensearch: {
      jaeger: { replicas: 2, storage: { type: 'opensearch', search: search({}), credentialsSecret: 'search', tls: { caSecret: SECRET } } },
    },
    elasticsearch: { jaeger: { storage: { type: 'elasticsearch', search: search({ indexPrefix: 'llm', shards: 1, replicas: 0 }) } } },
    cassandra: {
      jaeger: {
        replicas: 3,
        storage: {
          type: 'cassandra',
          cassandra: { servers: ['cassandra.storage'], datacenter: 'dc1' },
          credentialsSecret: 'cassandra',
          tls: { insecureSkipVerify: true },
        },
      },
    },
    clickhouse: {
      jaeger: {
        replicas: 2,
        storage: { type: 'clickhouse', clickhouse: { addresses: ['clickhouse.storage:9000'] }, credentialsSecret: 'clickhouse' },
      },
    },
  }),
  factor('collector', {
    one: {},
    sampling: { collector: { sampling: { enabled: true, percentage: 0, keepErrors: false, keepSlowerThan: '500ms', decisionWait: '2m' } } },
    gateway: { collector: { gateway: { enabled: true, minReplicas: 1, maxReplicas: 1 } } },
    tiers: { collector: { replicas: 3, gateway: { enabled: true, ...PLACEMENT, ...LABELS, extraEnv: VARIABLES } } },
    k8sAttributes: { collector: { k8sAttributes: { enabled: true }, serviceAccountName: 'collector-with-rights' } },
    otelOperator: { collector: { mode: 'opentelemetry-operator' } },
  }),
  factor('prometheus', {
    managed: {},
    remoteWrite: {
      prometheus: {
        remoteWrite: [
          {
            name: 'mimir',
            url: 'https://mimir.mimir/api/v1/push',
            headers: { 'X-Scope-OrgID': 'a' },
            bearerToken: SECRET,
            caSecret: SECRET,
          },
          { name: 'vm', url: 'http://vm.vm:8428/api/v1/write', basicAuth: { username: 'duotel', password: SECRET } },
        ],
      },
    },
    operator: {
      prometheus: { mode: 'operator', url: 'http://prometheus-operated.monitoring.svc:9090', operatorLabels: { release: 'kps' } },
    },
    none: { prometheus: { mode: 'none', url: 'https://prometheus.example.com/base/' } },
  }),
  factor('grafana', {
    managed: {},
    database: {
      grafana: {
        replicas: 2,
        database: { host: 'postgres.storage:5432', user: 'grafana', passwordSecret: SECRET, sslMode: 'verify-full' },
      },
    },
    sidecar: { grafana: { mode: 'sidecar' } },
    none: { grafana: { mode: 'none' } },
  }),
  factor('spanMetrics', {
    default: {},
    off: { collector: { spanMetrics: { enabled: false } } },
    slow: { collector: { spanMetrics: { flushInterval: '1m' } } },
  }),
  factor('tls', {
    none: {},
    server: { collector: { tls: { secretName: 'otlp-tls' } } },
    both: { collector: { tls: { secretName: 'otlp-tls', clientCaKey: 'ca.crt', ca: CA } } },
  }),
  factor('auth', { none: {}, token: { collector: { auth: { secretName: 'otlp-token' } } } }),
  factor('exporters', {
    none: {},
    grpc: { collector: { exporters: [{ name: 'tempo', protocol: 'grpc', endpoint: 'http://tempo.tempo:4317', signals: ['traces'] }] } },
    several: {
      collector: {
        exporters: [
          {
            name: 'langfuse',
            endpoint: 'https://langfuse.example.com/api/public/otel',
            signals: ['traces'],
            headers: [{ name: 'Authorization', secretKeyRef: SECRET }],
            queueSize: '64Mi',
          },
          {
            name: 'vendor',
            protocol: 'grpc',
            endpoint: 'https://otlp.example.com:443',
            signals: ['traces', 'metrics', 'logs'],
            caSecret: SECRET,
            queueSize: '64Mi',
          },
        ],
      },
    },
  }),
  factor('queue', {
    default: {},
    ephemeral: { collector: { storage: { type: 'ephemeral', size: '1Gi' } } },
    class: { collector: { storage: { size: '50Gi', storageClassName: 'fast' } } },
  }),
  factor('storage', {
    default: {},
    ephemeral: { prometheus: { storage: { type: 'ephemeral', size: '1Gi' } }, grafana: { storage: { type: 'ephemeral' } } },
    class: { prometheus: { storage: { size: '100Gi', storageClassName: 'fast' }, retention: '52w', retentionSize: '90GB' } },
  }),
  factor('scrape', { default: {}, minute: { prometheus: { scrapeInterval: '1m' } } }),
  factor('service', {
    cluster: {},
    nodePort: everyComponent({ service: { type: 'NodePort' } }),
    loadBalancer: everyComponent({ service: { type: 'LoadBalancer', annotations: { 'example.com/internal': 'true' } } }),
  }),
  factor('routes', {
    none: {},
    ingress: pages((component) => ({
      ingress: { host: `${component}.example.com`, className: 'nginx', annotations: { 'example.com/a': 'b' }, tlsSecretName: 'tls' },
    })),
    httpRoute: pages((component) => ({
      httpRoute: { parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }], hostnames: [`${component}.example.com`] },
    })),
  }),
  factor('placement', { none: {}, all: everyComponent(PLACEMENT) }),
  factor('labels', { none: {}, all: { commonLabels: { 'example.com/cost-center': '42' }, ...everyComponent(LABELS) } }),
  factor('extras', { none: {}, env: everyComponent({ extraEnv: VARIABLES }), resources: everyComponent(BIG) }),
  factor('patch', { none: {}, all: PATCHES }),
  factor('pullSecrets', { none: {}, two: { imagePullSecrets: ['registry-a', 'registry-b'] } }),
  factor('protocol', { http: {}, grpc: { injection: { protocol: 'grpc', deploymentEnvironment: 'prod' } } }),
];

/** Pairs that the operator or the API server refuses. */
export function excludedPair(a: string, b: string): boolean {
  return a === 'collector=otelOperator' && ['pullSecrets=two', 'service=nodePort', 'service=loadBalancer'].includes(b);
}

/** The spec of some values: objects are merged, anything else is of one value only. */
export function specOf(fragments: readonly Fragment[]): TelemetryStackSpec {
  return fragments.reduce((spec, fragment) => merged(spec, fragment), {}) as TelemetryStackSpec;
}

function merged(a: Fragment, b: Fragment): Fragment {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is Fragment {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
