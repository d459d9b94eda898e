import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../src/api/kube-object.ts';
import { telemetryStackCrd } from '../../src/api/telemetry-stack.ts';
import { isApiError } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest-kube-api.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { installCrd } from '../support/foreign-crds.ts';
import { fieldCases } from '../support/schema-walk.ts';

const CASES = fieldCases();
let cluster: ControlPlane;
let api: Awaited<ReturnType<typeof createKubeApi>>;

beforeAll(async () => {
  cluster = await startControlPlane({ audit: false });
  await installCrd(cluster, JSON.stringify(telemetryStackCrd()));
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
}, 120_000);

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
}, 60_000);

/** What the API server says against a spec; empty when it takes it. */
async function refusal(spec: object): Promise<string> {
  const type = await api.resourceType('duotel.io/v1alpha1', 'TelemetryStack');
  const stack: KubeObject = {
    apiVersion: 'duotel.io/v1alpha1',
    kind: 'TelemetryStack',
    metadata: { name: 'walk', namespace: 'default' },
    spec,
  };
  try {
    await api.create(type, stack, { dryRun: 'All' });
    return '';
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    return error.message;
  }
}

describe('the schema of a TelemetryStack', () => {
  it('takes each field at its least, its most and each of its values', async () => {
    const valid = CASES.filter(({ valid }) => valid);
    expect(valid.length).toBeGreaterThan(70);
    const wrong: string[] = [];
    for (const { about, spec } of valid) {
      const message = await refusal(spec);
      if (message !== '') wrong.push(`${about}: ${message}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('refuses each field below its least, above its most, empty or of another form, and names it', async () => {
    const invalid = CASES.filter(({ valid }) => !valid);
    expect(invalid.length).toBeGreaterThan(300);
    const wrong: string[] = [];
    for (const { about, path, spec } of invalid) {
      const message = await refusal(spec);
      if (message === '' || !message.includes(path)) wrong.push(`${about}: ${message || 'taken'}`);
    }
    expect(wrong).toEqual([]);
  }, 240_000);

  it.each([
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
  ])('says what to write: %s', async (_, spec, words) => {
    expect(await refusal(spec)).toContain(words);
  });
});
