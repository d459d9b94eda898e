import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describe as describeObject, type KubeObject } from '../../../api/kube-object.ts';
import { COMPONENTS, STACK_LABEL, selectorLabels } from '../../../api/names.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { DASHBOARDS } from '../../../charts/dashboards/index.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { walk } from '../../support/assertions/walk.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';

const synth = (spec: TelemetryStackSpec = {}, name = 'duotel', namespace = 'observability'): readonly KubeObject[] =>
  synthStack({ name, namespace, spec: resolveStackSpec(spec) });

interface PodTemplate {
  readonly metadata: { readonly annotations?: Record<string, string>; readonly labels: Record<string, string> };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly enableServiceLinks: boolean;
    readonly serviceAccountName: string;
    readonly securityContext: Record<string, unknown>;
    readonly containers: readonly {
      readonly image: string;
      readonly securityContext: unknown;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
    readonly volumes: readonly Record<string, unknown>[];
  };
}
const template = (object: KubeObject) => (object['spec'] as { template: PodTemplate }).template;
const statefulSets = (objects: readonly KubeObject[]) => objects.filter(({ kind }) => kind === 'StatefulSet');
const find = (objects: readonly KubeObject[], kind: string, name: string) => {
  const object = objects.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (object === undefined) throw new Error(`no ${kind} ${name}`);
  return object;
};
/** Names of the objects that differ between two stacks. */
const changed = (before: readonly KubeObject[], after: readonly KubeObject[]) => {
  const text = new Map(before.map((object) => [describeObject(object), JSON.stringify(object)]));
  return after.filter((object) => text.get(describeObject(object)) !== JSON.stringify(object)).map(describeObject);
};

describe('the manifests of a stack', () => {
  it('are the same bytes each time', () => {
    expect(JSON.stringify(synth())).toBe(JSON.stringify(synth()));
  });

  it('hold no Secret, no custom resource and no object without a name, a namespace and the label of the stack', () => {
    for (const { kind, apiVersion, metadata } of synth()) {
      expect(['v1', 'apps/v1', 'networking.k8s.io/v1']).toContain(apiVersion);
      expect(kind).not.toBe('Secret');
      expect(metadata).toMatchObject({ namespace: 'observability', labels: { [STACK_LABEL]: 'duotel' } });
    }
  });

  it('are named after the stack, so that two fit into one namespace', () => {
    const names = (name: string) => synth({}, name).map(describeObject);
    expect(names('one').filter((name) => names('two').includes(name))).toEqual([]);
  });

  it.each(Object.entries(STACK_INPUTS))('have nothing empty that the API server would not store: %s', (_, spec) => {
    // An empty emptyDir is a volume, an empty selector means "all": these are stored as they are.
    // What a custom resource holds below spec.config is stored as it is.
    const meaningful = /(\.(emptyDir|podSelector|namespaceSelector)$|^\.spec\.config\.)/;
    for (const object of synth(spec)) {
      for (const [path, value] of walk(object)) {
        const empty =
          value === null || value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
        if (empty && !meaningful.test(path)) throw new Error(`${describeObject(object)}${path} is ${JSON.stringify(value)}`);
      }
    }
  });

  it('have no object near the size that kubectl apply refuses', () => {
    for (const object of synth()) {
      expect({ object: describeObject(object), fits: JSON.stringify(object).length < 128 * 1024 }).toEqual({
        object: describeObject(object),
        fits: true,
      });
    }
  });
});

describe('a change of the TelemetryStack', () => {
  const before = synth();

  it("changes one object when it is the collector's memory limit", () => {
    const after = synth({ collector: { resources: { limits: { memory: '2Gi' } } } });
    expect(changed(before, after)).toEqual(['StatefulSet/observability/duotel-collector']);
    const env = template(find(after, 'StatefulSet', 'duotel-collector')).spec.containers[0]?.env;
    expect(env).toContainEqual({ name: 'GOMEMLIMIT', value: '1638MiB' });
  });

  it('changes nothing when it says the same quantity in other words', () => {
    expect(changed(before, synth({ collector: { resources: { limits: { memory: '1024Mi' }, requests: { cpu: '0.1' } } } }))).toEqual([]);
  });

  it("rolls no pod when it is Prometheus' retention, which Prometheus reads again by itself", () => {
    expect(changed(before, synth({ prometheus: { retention: '30d' } }))).toEqual(['ConfigMap/observability/duotel-prometheus']);
  });

  it("rolls Jaeger when it is Jaeger's retention, which Jaeger reads at its start", () => {
    expect(changed(before, synth({ jaeger: { retention: '24h' } }))).toEqual([
      'ConfigMap/observability/duotel-jaeger',
      'StatefulSet/observability/duotel-jaeger',
    ]);
  });

  it('leaves out Grafana and keeps its dashboards when Grafana is off', () => {
    const objects = synth({ grafana: { mode: 'sidecar' } } as unknown as TelemetryStackSpec).map(describeObject);
    expect(objects.filter((name) => name.endsWith('-grafana'))).toEqual([]);
    expect(objects.filter((name) => name.includes('-dashboard-')).length).toBe(DASHBOARDS.length);
    expect(objects).toContain('ConfigMap/observability/duotel-datasources');
  });

  it('leaves the rest whole when span metrics are off', () => {
    const objects = synth({ collector: { spanMetrics: { enabled: false } } });
    const text = (name: string) => JSON.stringify(find(objects, 'ConfigMap', name)['data']);
    expect(text('duotel-collector')).not.toContain('span_metrics');
    expect(text('duotel-jaeger')).not.toContain('metric_store');
    expect(text('duotel-grafana')).not.toContain('tracesToMetrics');
    expect(objects.map(describeObject)).toEqual(before.map(describeObject));
  });

  it('puts data on a volume of the pod when storage is ephemeral', () => {
    for (const object of statefulSets(synth(STACK_INPUTS['ephemeral']))) {
      expect(object['spec']).not.toHaveProperty('volumeClaimTemplates');
      expect(template(object).spec.volumes).toContainEqual({ name: 'data', emptyDir: { sizeLimit: expect.any(String) } });
    }
  });
});

describe('every pod of a stack', () => {
  const sets = statefulSets(synth());

  it('is one of a component with labels that its selector, Service and policy go by', () => {
    expect(sets.map(({ metadata }) => metadata.name).sort()).toEqual(COMPONENTS.map((component) => `duotel-${component}`).sort());
    for (const component of COMPONENTS) {
      const set = find(sets, 'StatefulSet', `duotel-${component}`);
      expect(template(set).metadata.labels).toMatchObject(selectorLabels('duotel', component));
      expect((set['spec'] as { selector: unknown }).selector).toEqual({ matchLabels: selectorLabels('duotel', component) });
    }
  });

  it('meets the restricted Pod Security Standard with a read-only root file system and no API token', () => {
    for (const { spec } of sets.map(template)) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        serviceAccountName: expect.stringMatching(/^duotel-/),
      });
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('runs an image by digest', () => {
    for (const { spec } of sets.map(template)) expect(spec.containers[0]?.image).toMatch(/:[^@/]+@sha256:[0-9a-f]{64}$/);
  });

  it('mounts what it needs and nothing by subPath, which would never see a new content', () => {
    for (const { spec } of sets.map(template)) {
      const names = spec.volumes.map(({ name }) => name);
      for (const mount of spec.containers[0]?.volumeMounts ?? []) {
        expect(mount).not.toHaveProperty('subPath');
        expect([...names, 'data']).toContain(mount.name);
      }
    }
  });

  it('is rolled by a new configuration where the program reads it at its start only', () => {
    const hashed = sets.filter((set) => template(set).metadata.annotations?.['duotel.io/config-hash'] !== undefined);
    expect(hashed.map(({ metadata }) => metadata.name).sort()).toEqual(['duotel-collector', 'duotel-grafana', 'duotel-jaeger']);
  });
});

describe('the injection settings', () => {
  it('tell workloads the address of the collector in the form of the protocol', () => {
    const settings = (spec: TelemetryStackSpec) =>
      parse((find(synth(spec), 'ConfigMap', 'duotel-injection')['data'] as Record<string, string>)['settings.yaml'] ?? '');
    expect(settings({})).toEqual({
      endpoints: { http: 'http://duotel-collector.observability.svc:4318', grpc: 'http://duotel-collector.observability.svc:4317' },
      protocol: 'http/protobuf',
      endpoint: 'http://duotel-collector.observability.svc:4318',
      showOpenlitSpans: false,
    });
    expect(settings({ injection: { protocol: 'grpc', deploymentEnvironment: 'prod' } } as unknown as TelemetryStackSpec)).toMatchObject({
      endpoint: 'http://duotel-collector.observability.svc:4317',
      deploymentEnvironment: 'prod',
    });
  });
});
