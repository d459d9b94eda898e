/**
 * Names that common tools give to the containers they add to a pod. Such a container is never the app; it can still be named in
 * `duotel.io/containers`. Native sidecars need no entry: they are init containers, and these are never looked at.
 */
export const KNOWN_SIDECARS: ReadonlySet<string> = new Set([
  // Service meshes
  'istio-proxy',
  'linkerd-proxy',
  'envoy',
  'envoy-sidecar',
  'envoy-proxy',
  'consul-dataplane',
  'consul-connect-envoy-sidecar',
  'kuma-sidecar',
  'osm-envoy',
  'traefik-mesh-proxy',
  'daprd',
  'queue-proxy',
  // Secrets and access
  'vault-agent',
  'cloud-sql-proxy',
  'cloudsql-proxy',
  'alloydb-auth-proxy',
  'oauth2-proxy',
  'kube-rbac-proxy',
  'azure-workload-identity-proxy',
  'tailscale',
  // Telemetry and logs
  'otc-container',
  'otel-collector',
  'opentelemetry-collector',
  'aws-otel-collector',
  'xray-daemon',
  'jaeger-agent',
  'datadog-agent',
  'fluent-bit',
  'fluentd',
  'filebeat',
  'promtail',
  'vector',
  'grafana-agent',
  'alloy',
  'statsd-exporter',
  // Files and configuration
  'config-reloader',
  'git-sync',
  'gke-gcsfuse-sidecar',
]);
