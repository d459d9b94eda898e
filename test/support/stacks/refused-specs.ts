/** What it is, a spec of a TelemetryStack that a rule across fields refuses, and words of its message. Each rule of the CRD has a row. */
export const REFUSED_SPECS: readonly (readonly [string, object, string])[] = [
  ['collector: replicas', { collector: { replicas: 2 } }, 'gateway.enabled: true'],
  ['collector: sampling', { collector: { replicas: 2, gateway: { enabled: true }, sampling: { enabled: true } } }, 'replicas: 1'],
  ['collector: k8sAttributes', { collector: { k8sAttributes: { enabled: true } } }, 'serviceAccountName'],
  ['collector: another operator', { collector: { mode: 'opentelemetry-operator', gateway: { enabled: true } } }, 'mode: managed'],
  ['collector: its Service', { collector: { mode: 'opentelemetry-operator', service: { type: 'NodePort' } } }, 'service.type: ClusterIP'],
  ['collector: gateway', { collector: { gateway: { minReplicas: 5, maxReplicas: 2 } } }, 'maxReplicas must be at least minReplicas'],
  [
    'collector: exporter by gRPC',
    { collector: { exporters: [{ name: 'a', protocol: 'grpc', endpoint: 'http://a/path', signals: ['traces'] }] } },
    'scheme, host and port',
  ],
  ['jaeger: replicas', { jaeger: { replicas: 2 } }, 'storage.type opensearch'],
  ['jaeger: opensearch', { jaeger: { storage: { type: 'opensearch' } } }, 'search: {urls:'],
  ['jaeger: cassandra', { jaeger: { storage: { type: 'cassandra', credentialsSecret: 'a' } } }, 'cassandra: {servers:'],
  [
    'jaeger: cassandra host',
    { jaeger: { storage: { type: 'cassandra', credentialsSecret: 'a', cassandra: { servers: ['a'], datacenter: 'b' } } } },
    'for example cassandra.storage',
  ],
  ['jaeger: clickhouse', { jaeger: { storage: { type: 'clickhouse', credentialsSecret: 'a' } } }, 'clickhouse: {addresses:'],
  [
    'jaeger: clickhouse TLS',
    { jaeger: { storage: { type: 'clickhouse', credentialsSecret: 'a', tls: {}, clickhouse: { addresses: ['a.b:9000'] } } } },
    'leave out tls',
  ],
  ['jaeger: credentials', { jaeger: { storage: { type: 'clickhouse', clickhouse: { addresses: ['a.b:9000'] } } } }, 'credentialsSecret'],
  ['prometheus: url', { prometheus: { mode: 'none' } }, 'modes operator and none need url'],
  ['prometheus: url of the managed one', { prometheus: { url: 'http://a:9090' } }, 'mode: none'],
  [
    'prometheus: remoteWrite',
    { prometheus: { mode: 'none', url: 'http://a', remoteWrite: [{ name: 'a', url: 'http://b' }] } },
    'mode: managed',
  ],
  ['grafana: replicas', { grafana: { replicas: 2 } }, 'database: {host:'],
  ['a variable', { collector: { extraEnv: [{ name: 'A' }] } }, 'write one of value and secretKeyRef'],
  ['a toleration', { grafana: { tolerations: [{ value: 'a' }] } }, 'needs key'],
  ['a toleration with Exists', { grafana: { tolerations: [{ operator: 'Exists', value: 'a' }] } }, 'leave out value'],
  ['a toleration for a time', { grafana: { tolerations: [{ operator: 'Exists', tolerationSeconds: 3 }] } }, 'effect: NoExecute'],
  ['common labels', { commonLabels: { 'app.kubernetes.io/name': 'x' } }, 'use a prefix of your own'],
  ['labels of pods', { jaeger: { podLabels: { 'duotel.io/x': 'x' } } }, 'use a prefix of your own'],
  ['annotations of pods', { jaeger: { podAnnotations: { 'duotel.io/x': 'x' } } }, 'use a prefix of your own'],
  [
    'prometheus: remoteWrite with two kinds of credentials',
    {
      prometheus: {
        remoteWrite: [
          {
            name: 'a',
            url: 'http://b',
            bearerToken: { name: 'a', key: 'a' },
            basicAuth: { username: 'a', password: { name: 'a', key: 'a' } },
          },
        ],
      },
    },
    'write one of bearerToken and basicAuth',
  ],
];
