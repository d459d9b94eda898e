import fc from 'fast-check';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { InjectionConfig } from '../../../src/inject/wishes/config.ts';
import { type EnvItem, podTemplate } from '../../../src/inject/workload/pod-template.ts';
import { stack, workload } from './injection.ts';

/** Names that collide with ours often enough, and some that do not. */
const VARIABLE_NAMES = [
  'OBSERVABILITY_BACKEND',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OPENLIT_PRICING_JSON',
  'PYTHONPATH',
  'DUOTEL_POD_NAME',
  'A',
  'B',
  'C',
];
const VALUES = ['both', 'my-rag', 'http://duotel-collector.duotel.svc:4318', 'http/protobuf', '/duotel/python', 'x $(A)', ''];

export const envItem: fc.Arbitrary<EnvItem> = fc
  .record({ name: fc.constantFrom(...VARIABLE_NAMES), value: fc.constantFrom(...VALUES) })
  .chain((item) =>
    fc.constantFrom<EnvItem>(item, item, item, {
      name: item.name,
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
    }),
  );
const mountPaths = fc.uniqueArray(fc.constantFrom('/data', '/tmp', '/duotel', '/duotel/pricing'), { maxLength: 2 });
const container = fc.record({
  name: fc.constantFrom('app', 'web', 'istio-proxy'),
  env: fc.uniqueArray(envItem, { selector: ({ name }) => name, maxLength: 6 }),
  volumeMounts: mountPaths.map((paths) => paths.map((mountPath) => ({ name: 'data', mountPath }))),
});

export const userWorkload = fc
  .record({
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'CronJob'),
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
    label: fc.boolean(),
  })
  .map(({ kind, containers, label }) =>
    workload({
      kind,
      containers: containers.map(({ env, volumeMounts, ...rest }) => ({
        ...rest,
        ...(env.length === 0 ? {} : { env }),
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      })),
      pod: { volumes: [{ name: 'data' }] },
      templateMetadata: { labels: label ? { 'app.kubernetes.io/version': '1' } : {} },
    }),
  );

/** null removes the annotation. */
export const asked = fc.record({
  'duotel.io/backend': fc.constantFrom('openinference', 'openlit', 'both', 'none', 'bth', null),
  'duotel.io/bootstrap': fc.constantFrom(null, 'python', 'none'),
  'duotel.io/containers': fc.constantFrom(null, '*', 'app', 'web', 'app,web'),
  'duotel.io/capture-content': fc.constantFrom(null, 'true'),
  'duotel.io/service-name': fc.constantFrom(null, 'shop $(A)'),
});
export type Asked = Readonly<Record<string, string | null>>;

export const STACKS: readonly InjectionConfig[] = [
  stack(),
  stack('duotel', { protocol: 'grpc', deploymentEnvironment: 'a,b', showOpenlitSpans: true }),
];
/** Index into {@link STACKS}: a counterexample is then short. */
export const stackIndices = fc.nat({ max: STACKS.length - 1 });

/** Takes every annotation away again. */
export const OFF: Asked = {
  'duotel.io/backend': null,
  'duotel.io/bootstrap': null,
  'duotel.io/containers': null,
  'duotel.io/capture-content': null,
  'duotel.io/service-name': null,
};

let serial = 0;

/** A generated workload with a name of its own and the fields that the API server insists on, making no pods. */
export function storable(generated: KubeObject): KubeObject {
  serial += 1;
  const name = `any-${serial}`;
  const labels = { app: name };
  const found = podTemplate(generated);
  const pod = {
    metadata: { labels: { ...found?.metadata?.labels, ...labels } },
    spec: { ...found?.spec, volumes: [{ name: 'data', emptyDir: {} }] },
  };
  const { apiVersion, kind } = generated;
  const metadata = { name, namespace: 'shop' };
  if (kind === 'CronJob') {
    const jobPod = { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } };
    return { apiVersion, kind, metadata, spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: jobPod } } } };
  }
  return {
    apiVersion,
    kind,
    metadata,
    spec: { replicas: 0, selector: { matchLabels: labels }, ...(kind === 'StatefulSet' ? { serviceName: name } : {}), template: pod },
  };
}
