import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { after, annotate, stack, workload } from '../../../support/workloads/injection.ts';
import { BOTH, env, injected, PYTHON, plan, settle, status, value, withPod } from '../../../support/workloads/settled.ts';
import { strategicMerge } from '../../../support/workloads/strategic-merge.ts';

describe('an injected workload', () => {
  it('has the mode, the endpoint and its identity in its environment, before what was there', () => {
    const result = injected({ containers: [{ env: [{ name: 'MODEL', value: 'gpt' }] }] });
    expect(env(result).map(({ name }) => name)).toEqual([
      'DUOTEL_POD_NAME',
      'DUOTEL_POD_UID',
      'DUOTEL_NODE_NAME',
      'OBSERVABILITY_BACKEND',
      'OTEL_SERVICE_NAME',
      'OTEL_RESOURCE_ATTRIBUTES',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      'OTEL_METRIC_EXPORT_INTERVAL',
      'OTEL_METRIC_EXPORT_TIMEOUT',
      'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
      'OPENLIT_CAPTURE_DB_PARAMETERS',
      'OPENINFERENCE_HIDE_INPUTS',
      'OPENINFERENCE_HIDE_OUTPUTS',
      'OPENINFERENCE_HIDE_PROMPTS',
      'OPENINFERENCE_HIDE_CHOICES',
      'OPENINFERENCE_HIDE_RETRIEVAL_DOCUMENTS',
      'OPENINFERENCE_HIDE_EMBEDDINGS_TEXT',
      'OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS',
      'OPENINFERENCE_HIDE_EMBEDDING_VECTORS',
      'OPENLIT_PRICING_JSON',
      'MODEL',
    ]);
    expect(value(result, 'OBSERVABILITY_BACKEND')).toBe('both');
    expect(value(result, 'OTEL_SERVICE_NAME')).toBe('my-rag');
    expect(value(result, 'OTEL_EXPORTER_OTLP_ENDPOINT')).toBe('http://duotel-collector.duotel.svc:4318');
    expect(value(result, 'OTEL_EXPORTER_OTLP_PROTOCOL')).toBe('http/protobuf');
    expect(value(result, 'OPENLIT_PRICING_JSON')).toBe('/duotel/pricing/pricing.json');
    expect(env(result)[1]).toEqual({ name: 'DUOTEL_POD_UID', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } } });
    expect(value(result, 'OTEL_RESOURCE_ATTRIBUTES')).toBe(
      'service.namespace=shop,service.instance.id=shop.$(DUOTEL_POD_NAME).app,k8s.namespace.name=shop,k8s.deployment.name=my-rag,' +
        'k8s.pod.name=$(DUOTEL_POD_NAME),k8s.pod.uid=$(DUOTEL_POD_UID),k8s.node.name=$(DUOTEL_NODE_NAME),k8s.container.name=app,' +
        'duotel.backend=$(OBSERVABILITY_BACKEND)',
    );
    expect(status(result)).toBe('Injected both');
  });

  it('mounts the prices where OpenLIT is on, and the bootstrap where it is asked for, read-only and optional', () => {
    const pod = podTemplate(injected({}, PYTHON))?.spec;
    expect(pod?.containers[0]?.volumeMounts).toEqual([
      { name: 'duotel-pricing', mountPath: '/duotel/pricing', readOnly: true },
      { name: 'duotel-python', mountPath: '/duotel/python', readOnly: true },
    ]);
    expect(pod?.volumes?.[1]).toEqual({
      name: 'duotel-python',
      configMap: {
        name: expect.stringMatching(/^duotel-python-[0-9a-f]{10}$/),
        items: [
          { key: 'sitecustomize.py', path: 'sitecustomize.py' },
          { key: 'metadata', path: 'duotel-0.1.dist-info/METADATA' },
        ],
        defaultMode: 420,
        optional: true,
      },
    });
    expect(podTemplate(injected({}, { 'duotel.io/backend': 'openinference' }))?.spec.volumes).toBeUndefined();
  });

  it('needs the ConfigMaps that its volumes name, also when nothing is left to write', () => {
    const result = injected({}, PYTHON);
    const settled = plan(result);
    const volumes = podTemplate(result)?.spec.volumes?.map(({ configMap }) => configMap?.name);
    expect(settled).toMatchObject({ action: 'none', outcome: { reason: 'Injected' } });
    expect('needs' in settled ? settled.needs.map(({ metadata }) => metadata.name) : []).toEqual(volumes);
  });

  it('needs ConfigMaps that nobody can change, since their names stand for what is in them', () => {
    const planned = plan(workload({ annotations: PYTHON }));
    expect('needs' in planned ? planned.needs.map(({ immutable }) => immutable) : []).toEqual([true, true]);
  });

  it('has a record of the containers that are injected, and of no other', () => {
    const result = injected({ containers: [{ name: 'app' }, { name: 'istio-proxy' }] });
    expect(Object.keys(JSON.parse(result.metadata.annotations?.['duotel.io/injected'] ?? '').containers)).toEqual(['app']);
  });

  it('has a timeout only where the language is known, since Python reads seconds and others milliseconds', () => {
    expect(value(injected({}, PYTHON), 'OTEL_EXPORTER_OTLP_TIMEOUT')).toBe('2');
    expect(value(injected(), 'OTEL_EXPORTER_OTLP_TIMEOUT')).toBeUndefined();
  });

  it('sends prompts only when asked to', () => {
    const asked = injected({}, { ...BOTH, 'duotel.io/capture-content': 'true' });
    expect(value(asked, 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT')).toBe('true');
    expect(env(asked).filter(({ name }) => name.startsWith('OPENINFERENCE_HIDE'))).toEqual([]);
  });

  it('passes on texts that mean something to Kubernetes or to OpenTelemetry', () => {
    const result = injected({}, { ...BOTH, 'duotel.io/service-name': 'a $(HOME), b' });
    expect(value(result, 'OTEL_SERVICE_NAME')).toBe('a $$(HOME), b');
    const odd = settle(workload({ annotations: BOTH }), {
      stacks: [stack('duotel', { deploymentEnvironment: 'a,b=$(X) é' })],
    });
    expect(value(odd, 'OTEL_RESOURCE_ATTRIBUTES')).toContain('deployment.environment.name=a%2Cb%3D%24%28X%29%20%C3%A9,');
    expect(value(odd, 'OTEL_DEPLOYMENT_ENVIRONMENT')).toBe('a,b=$$(X) é');
  });

  it('names its service by the conventions, and its version by a label without a second rollout', () => {
    const templateMetadata = {
      labels: { 'app.kubernetes.io/version': '1.2' },
      annotations: { 'resource.opentelemetry.io/service.name': 'rag' },
    };
    const result = injected({ templateMetadata });
    expect(value(result, 'OTEL_SERVICE_NAME')).toBe('rag');
    expect(value(result, 'OTEL_RESOURCE_ATTRIBUTES')).toContain(',service.version=$(DUOTEL_SERVICE_VERSION),');
    expect(env(result)[3]).toMatchObject({ valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/version']" } } });
  });

  it('is named after the workload where an annotation for its name is empty', () => {
    const annotations = { 'resource.opentelemetry.io/service.name': '' };
    expect(value(injected({ templateMetadata: { annotations } }), 'OTEL_SERVICE_NAME')).toBe('my-rag');
  });

  it.each(['StatefulSet', 'DaemonSet', 'CronJob'])('may be a %s', (kind) => {
    const original = workload({ kind, annotations: PYTHON });
    const result = settle(original);
    expect(value(result, 'OTEL_RESOURCE_ATTRIBUTES')).toContain(`k8s.${kind.toLowerCase()}.name=my-rag`);
    expect(settle(annotate(result, { 'duotel.io/backend': null }))).toEqual(annotate(original, { 'duotel.io/backend': null }));
  });

  it('is given back as it was when the annotation goes, also to none', () => {
    const parts = {
      containers: [{ env: [{ name: 'MODEL', value: 'gpt' }], volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }],
      pod: { volumes: [{ name: 'tmp' }] },
    };
    const original = workload({ ...parts, annotations: PYTHON });
    for (const backend of [null, 'none']) {
      const asked = annotate(settle(original), { 'duotel.io/backend': backend });
      expect(plan(asked)).toMatchObject({ action: 'revert', event: { type: 'Normal', reason: 'Reverted' } });
      expect(settle(asked)).toEqual(annotate(original, { 'duotel.io/backend': backend }));
    }
  });

  it('changes its mode in one patch', () => {
    const changed = annotate(injected({}, PYTHON), { 'duotel.io/backend': 'openinference', 'duotel.io/bootstrap': null });
    const result = settle(changed);
    expect(result).toEqual(injected({}, { 'duotel.io/backend': 'openinference' }));
  });

  it('gets a variable back that somebody removed', () => {
    const original = injected();
    const removal = {
      spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'DUOTEL_POD_NAME', $patch: 'delete' }] }] } } },
    };
    const drifted = strategicMerge(original, removal) as KubeObject;
    expect(plan(drifted)).toMatchObject({ action: 'inject' });
    expect(settle(drifted)).toEqual(original);
  });

  it('gets its order back when what refers to a variable came before it', () => {
    const original = injected();
    const reversed = withPod(original, (pod) => ({
      ...pod,
      containers: pod.containers.map((one) => ({ ...one, env: one.env?.toReversed() ?? [] })),
    }));
    expect(settle(reversed)).toEqual(original);
  });

  it('moves with its container when that is renamed', () => {
    const spec = {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'app', $patch: 'delete' },
              { name: 'web', image: 'example/app:1' },
            ],
          },
        },
      },
    };
    const result = settle(strategicMerge(injected({}, PYTHON), spec) as KubeObject);
    expect(value(result, 'OBSERVABILITY_BACKEND', 'web')).toBe('both');
    expect(JSON.parse(result.metadata.annotations?.['duotel.io/injected'] ?? '').containers).not.toHaveProperty('app');
  });

  it('moves to another container when another is chosen', () => {
    const parts = { containers: [{ name: 'app' }, { name: 'web' }] };
    const chosen = (container: string) => ({ ...PYTHON, 'duotel.io/containers': container });
    const moved = settle(annotate(injected(parts, chosen('app')), { 'duotel.io/containers': 'web' }));
    expect(moved).toEqual(injected(parts, chosen('web')));
  });

  it('is released when a former run died before it could', () => {
    const metadata = { managedFields: [{ manager: 'duotel' }] };
    const left = { ...injected(), metadata: { ...injected().metadata, ...metadata } };
    expect(plan(left)).toMatchObject({ action: 'release', patch: { type: 'application/json-patch+json' } });
    expect(plan(after(left, plan(left))).action).toBe('none');
  });

  it('says of its plan nothing but what its input says', () => {
    expect(JSON.stringify(plan(workload({ annotations: PYTHON })))).toBe(JSON.stringify(plan(workload({ annotations: PYTHON }))));
  });
});

describe('a container whose name is that of a property of every object', () => {
  it('is injected and reverted like any other', () => {
    const parts = { containers: [{ name: 'constructor' }] };
    const live = injected(parts);
    expect(value(live, 'OBSERVABILITY_BACKEND', 'constructor')).toBe('both');
    expect(podTemplate(settle(annotate(live, { 'duotel.io/backend': null })))).toEqual(podTemplate(workload(parts)));
  });
});
