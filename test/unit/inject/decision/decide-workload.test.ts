import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { type DecisionInput, decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../../src/inject/decision/decision.ts';
import type { EnvItem, PodSpec, VolumeMount } from '../../../../src/inject/workload/pod-template.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { after, annotate, input, owned, stack, type WorkloadParts, workload } from '../../../support/workloads/injection.ts';
import { strategicMerge } from '../../../support/workloads/strategic-merge.ts';

const BOTH = { 'duotel.io/backend': 'both' };
const PYTHON = { ...BOTH, 'duotel.io/bootstrap': 'python' };

function plan(object: KubeObject, overrides: Partial<DecisionInput> = {}): Decision {
  return decideWorkload(input(object, overrides));
}

/** The workload once the plan, and the plan after that, say nothing more. */
function settle(object: KubeObject, overrides: Partial<DecisionInput> = {}): KubeObject {
  const next = after(object, plan(object, overrides));
  expect(plan(next, overrides).action).toBe('none');
  return next;
}

function injected(parts: WorkloadParts = {}, annotations: Readonly<Record<string, string>> = BOTH): KubeObject {
  return settle(workload({ ...parts, annotations }));
}

function env(object: KubeObject, container = 'app'): readonly EnvItem[] {
  return podTemplate(object)?.spec.containers.find(({ name }) => name === container)?.env ?? [];
}

function value(object: KubeObject, name: string, container = 'app'): string | undefined {
  return env(object, container).find((item) => item.name === name)?.value;
}

function status(object: KubeObject): string | undefined {
  return object.metadata.annotations?.['duotel.io/status'];
}

/** The Deployment with another pod spec, whoever changed it. */
function withPod(object: KubeObject, change: (pod: PodSpec) => PodSpec): KubeObject {
  const template = podTemplate(object) ?? { spec: { containers: [] } };
  const spec = object['spec'] as Readonly<Record<string, unknown>>;
  return { ...object, spec: { ...spec, template: { ...template, spec: change(template.spec) } } };
}

/** A user's own change to the container, after which they own all of it that is not ours. */
function userSets(object: KubeObject, items: readonly EnvItem[]): KubeObject {
  const changed = strategicMerge(object, { spec: { template: { spec: { containers: [{ name: 'app', env: items }] } } } }) as KubeObject;
  return owned(changed, { containers: [{ name: 'app', env: items }] }, 'editor');
}

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

describe("what is the user's", () => {
  it('stays as it is, and the status says so without its value', () => {
    const theirs = [
      { name: 'OTEL_SERVICE_NAME', value: 'canary-secret' },
      { name: 'OPENLIT_PRICING_JSON', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ];
    const planned = plan(workload({ annotations: BOTH, containers: [{ env: theirs as EnvItem[] }] }));
    const result = injected({ containers: [{ env: theirs as EnvItem[] }] });
    expect(env(result).slice(-2)).toEqual(theirs);
    expect(status(result)).toBe(
      'Injected both; EnvOwnedByUser: container app sets OTEL_SERVICE_NAME, OPENLIT_PRICING_JSON itself; left as it is',
    );
    expect(JSON.stringify(planned)).not.toContain('canary');
  });

  it('is not recorded when it happens to be what we would set, and so outlives us', () => {
    const theirs = [{ name: 'OTEL_SERVICE_NAME', value: 'my-rag' }];
    const result = injected({ containers: [{ env: theirs }] });
    expect(status(result)).toBe('Injected both');
    expect(env(settle(annotate(result, { 'duotel.io/backend': null })))).toEqual(theirs);
  });

  it('includes a variable of ours from the moment they set it: reported, dropped from the record, and kept on revert', () => {
    const taken = userSets(injected(), [
      { name: 'OTEL_METRIC_EXPORT_INTERVAL', value: '60000' },
      { name: 'OTEL_SERVICE_NAME', value: 'mine' },
    ]);
    const result = settle(taken);
    expect(status(result)).toContain('EnvOwnedByUser');
    const record = JSON.parse(result.metadata.annotations?.['duotel.io/injected'] ?? '');
    expect(record.containers.app.env).not.toHaveProperty('OTEL_SERVICE_NAME');
    expect(value(result, 'OTEL_METRIC_EXPORT_TIMEOUT')).toBeUndefined();
    expect(env(settle(annotate(result, { 'duotel.io/backend': null })))).toEqual([
      { name: 'OTEL_SERVICE_NAME', value: 'mine' },
      { name: 'OTEL_METRIC_EXPORT_INTERVAL', value: '60000' },
    ]);
  });

  it('includes what they have put beside a variable of ours under the same name: neither goes, since a patch knows names only', () => {
    const object = injected();
    const theirs = { name: 'OTEL_SERVICE_NAME', value: 'mine' };
    const doubled = withPod(object, (pod) => ({
      ...pod,
      containers: pod.containers.map((one) => ({ ...one, env: [...(one.env ?? []), theirs] })),
    }));
    const asked = annotate(doubled, { 'duotel.io/backend': null });
    const { env: patched } = (
      plan(asked) as unknown as { patch: { body: { spec: { template: { spec: { containers: { env: EnvItem[] }[] } } } } } }
    ).patch.body.spec.template.spec.containers[0] ?? { env: [] };
    expect(patched.length).toBeGreaterThan(10);
    expect(patched.map(({ name }) => name)).not.toContain('OTEL_SERVICE_NAME');
  });

  it('includes a variable that they came to own with our value', () => {
    const taken = userSets(injected(), [{ name: 'OTEL_SERVICE_NAME', value: 'my-rag' }]);
    expect(plan(taken).action).toBe('none');
    expect(env(settle(annotate(taken, { 'duotel.io/backend': null })))).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'my-rag' }]);
  });

  it.each([
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_HEADERS',
  ])('%s keeps both endpoint and protocol from being set', (name) => {
    const result = injected({ containers: [{ env: [{ name, value: 'x' }] }] });
    expect(env(result).filter((item) => /ENDPOINT|PROTOCOL|HEADERS/.test(item.name))).toEqual([{ name, value: 'x' }]);
    expect(status(result)).toContain(`EndpointOwnedByUser: container app sets ${name} itself`);
  });

  it('lets us set the protocol beside an endpoint that is ours anyway', () => {
    const result = injected({
      containers: [{ env: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://duotel-collector.duotel.svc:4318' }] }],
    });
    expect(value(result, 'OTEL_EXPORTER_OTLP_PROTOCOL')).toBe('http/protobuf');
    expect(status(result)).toBe('Injected both');
  });

  it('includes a variable whose value they changed without a trace in managedFields', () => {
    const object = injected();
    const items = env(object).map((item) => (item.name === 'OTEL_SERVICE_NAME' ? { name: item.name, value: 'mine' } : item));
    const changed = withPod(object, (pod) => ({ ...pod, containers: [{ ...pod.containers[0], name: 'app', env: items }] }));
    const cleared = { ...changed, metadata: { ...changed.metadata, managedFields: [] } };
    expect(value(settle(cleared), 'OTEL_SERVICE_NAME')).toBe('mine');
    expect(env(settle(annotate(settle(cleared), { 'duotel.io/backend': null })))).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'mine' }]);
  });

  it('includes mounts and volumes that they came to own', () => {
    const object = injected({}, PYTHON);
    const pod = podTemplate(object)?.spec ?? { containers: [] };
    const volumeMounts = pod.containers[0]?.volumeMounts?.slice(0, 1) ?? [];
    const taken = owned(object, { containers: [{ name: 'app', volumeMounts }], volumes: pod.volumes ?? [] }, 'editor');
    const left = podTemplate(settle(annotate(taken, { 'duotel.io/backend': null })))?.spec;
    expect(left?.containers[0]?.volumeMounts).toEqual(volumeMounts);
    expect(left?.volumes).toEqual(pod.volumes);
  });

  it('may mount a volume of ours, which then stays as long as they do', () => {
    const object = injected({}, PYTHON);
    const initContainers = [{ name: 'init', volumeMounts: [{ name: 'duotel-python', mountPath: '/x' }] }];
    const using = annotate(
      withPod(object, (pod) => ({ ...pod, initContainers })),
      { 'duotel.io/bootstrap': null },
    );
    const kept = settle(using);
    expect(podTemplate(kept)?.spec.volumes?.map(({ name }) => name)).toEqual(['duotel-pricing', 'duotel-python']);
    const unused = settle(withPod(kept, ({ initContainers: _, ...pod }) => pod));
    expect(podTemplate(unused)?.spec.volumes?.map(({ name }) => name)).toEqual(['duotel-pricing']);
  });

  it('may not be a mount at a path of ours, around it or below it, however it is written', () => {
    const outcome = (name: string, mountPath: string) =>
      plan(workload({ annotations: PYTHON, containers: [{ volumeMounts: [{ name, mountPath }] }] })).outcome;
    const ours = 'and the operator mounts duotel-pricing at /duotel/pricing: mount yours elsewhere';
    for (const path of ['/duotel', '/duotel/', '/duotel/pricing/mine']) {
      expect(outcome('mine', path)).toMatchObject({
        reason: 'MountPathOwnedByUser',
        message: `container app mounts volume mine at ${path}, ${ours}`,
      });
    }
    for (const path of ['/duotel/pricing/', '/duotel//pricing']) {
      expect(outcome('mine', path)?.message).toContain('at /duotel/pricing, where the operator mounts duotel-pricing');
    }
    expect(outcome('mine', '/duotel/python/x/')?.reason).toBe('MountPathOwnedByUser');
    expect(outcome('mine', '/data/duotel/python/x')?.reason).toBe('Injected');
    for (const path of ['/', '/data', '/duotel/pythons', '/duotel/mine', '/duo']) expect(outcome('mine', path)?.reason).toBe('Injected');
    for (const path of ['/duotel', '/duotel/python/x', '/duotel/pricing/'])
      expect(outcome('duotel-pricing', path)?.reason).toBe('Injected');
  });

  it('may be a mount whose path is forgotten, which is for the API server to refuse', () => {
    const volumeMounts = [{ name: 'mine' }] as unknown as readonly VolumeMount[];
    expect(plan(workload({ annotations: PYTHON, containers: [{ volumeMounts }] })).outcome?.reason).toBe('Injected');
  });

  it('decides the mode where they set OBSERVABILITY_BACKEND, and what refers to it comes after it', () => {
    const result = injected({
      containers: [
        {
          env: [
            { name: 'A', value: '1' },
            { name: 'OBSERVABILITY_BACKEND', value: 'openlit' },
            { name: 'B', value: '2' },
          ],
        },
      ],
    });
    const names = env(result).map(({ name }) => name);
    expect(names.slice(-4)).toEqual(['A', 'OBSERVABILITY_BACKEND', 'OTEL_RESOURCE_ATTRIBUTES', 'B']);
    expect(status(result)).toContain('the mode is the one of the manifest');
  });

  it('may be a PYTHONPATH with our folder in it', () => {
    const theirs = [{ name: 'PYTHONPATH', value: '/app:/duotel/python' }];
    const result = injected({ containers: [{ env: theirs }] }, PYTHON);
    expect(value(result, 'PYTHONPATH')).toBe('/app:/duotel/python');
    expect(status(result)).toBe('Injected both');
  });
});

describe('a record that is lost', () => {
  it.each([null, 'nonsense'])('(now %s) is rebuilt from what is there, and no rollout follows', (text) => {
    const original = injected({ containers: [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'my-rag' }] }] }, PYTHON);
    const lost = annotate(original, { 'duotel.io/injected': text });
    expect(plan(lost).action).toBe('status');
    expect(settle(lost)).toEqual(original);
  });

  it('is rebuilt with what the annotations ask for, such as a name of the service', () => {
    const named = { ...PYTHON, 'duotel.io/service-name': 'rag' };
    const original = settle(workload({ annotations: named }));
    expect(settle(annotate(original, { 'duotel.io/injected': null }))).toEqual(original);
  });

  it('does not keep the template from being given back', () => {
    const original = workload({ annotations: PYTHON });
    const lost = annotate(settle(original), { 'duotel.io/injected': null, 'duotel.io/status': null, 'duotel.io/backend': null });
    expect(settle(lost)).toEqual(annotate(original, { 'duotel.io/backend': null }));
  });

  it("never takes a volume of the user's for ours, whatever its name is", () => {
    const original = injected({}, PYTHON);
    const theirs = { name: 'duotel-python', configMap: { name: 'theirs' } };
    const changed = withPod(original, (pod) => ({
      ...pod,
      volumes: (pod.volumes ?? []).map((volume) => (volume.name === theirs.name ? theirs : volume)),
    }));
    const lost = annotate(changed, { 'duotel.io/injected': null, 'duotel.io/status': null, 'duotel.io/backend': null });
    expect(podTemplate(settle(lost))?.spec.volumes).toEqual([theirs]);
  });

  it("never takes the user's own variables for ours", () => {
    const theirs = [
      { name: 'OBSERVABILITY_BACKEND', value: 'both' },
      { name: 'OTEL_SERVICE_NAME', value: 'my-rag' },
    ];
    const never = workload({ containers: [{ env: theirs }], metadata: { managedFields: [] } });
    expect(plan({ ...never, metadata: { ...never.metadata, managedFields: [] } }).action).toBe('none');
  });
});

describe('every write', () => {
  const original = workload({ annotations: PYTHON });
  const custom = { ...original, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };

  it.each<[string, KubeObject]>([
    ['an injection', original],
    ['an injection of a custom resource', custom],
    ['a revert', annotate(injected({}, PYTHON), { 'duotel.io/backend': null })],
    ['a revert to nothing but annotations', annotate(workload(), { 'duotel.io/status': 'Injected both' })],
    ['a status', annotate(original, { 'duotel.io/containers': 'other' })],
  ])('that is %s is refused when the workload is another one by then', (_, object) => {
    const planned = plan(object);
    expect('patch' in planned ? planned.patch.body : undefined).toMatchObject({ metadata: { resourceVersion: '7' } });
  });
});

describe('a blocked workload', () => {
  it('keeps its template and gets only a status line, once', () => {
    const object = workload({ annotations: BOTH, containers: [{ name: 'app' }, { name: 'worker' }] });
    const planned = plan(object);
    expect(planned).toMatchObject({ action: 'status', event: { type: 'Warning', reason: 'AmbiguousContainer' } });
    expect('patch' in planned ? planned.patch : undefined).toEqual({
      type: 'application/merge-patch+json',
      body: {
        metadata: {
          resourceVersion: '7',
          annotations: {
            'duotel.io/status': expect.stringMatching(/^Blocked AmbiguousContainer: the pod has 2 containers: set duotel.io\/containers/),
          },
        },
      },
    });
    expect(podTemplate(settle(object))).toEqual(podTemplate(object));
  });

  it('keeps what it has when a mistake is made later', () => {
    const mistaken = annotate(injected(), { 'duotel.io/backend': 'bothh' });
    expect(podTemplate(settle(mistaken))).toEqual(podTemplate(mistaken));
    expect(status(settle(mistaken))).toContain('Blocked InvalidAnnotation');
  });

  it('is clean again once the mistake and the annotation are gone', () => {
    const object = workload({ annotations: { 'duotel.io/bakend': 'both' } });
    expect(settle(annotate(settle(object), { 'duotel.io/bakend': null }))).toEqual(workload());
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

describe('envFrom', () => {
  it('is said in the status line, since headers in it would go to the stack', () => {
    expect(status(injected({ containers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }))).toContain('EnvFromNotRead');
  });

  it('is not said of a container that is not injected', () => {
    const containers = [{ name: 'app' }, { name: 'istio-proxy', envFrom: [{ secretRef: { name: 's' } }] }];
    expect(status(injected({ containers }))).toBe('Injected both');
  });

  it('is said to lose a PYTHONPATH in it where the bootstrap sets one', () => {
    const parts = { containers: [{ envFrom: [{ configMapRef: { name: 'c' } }] }] };
    const note = (annotations: Readonly<Record<string, string>>) =>
      plan(workload({ ...parts, annotations })).outcome?.notes.find(({ reason }) => reason === 'EnvFromNotRead')?.message;
    expect(note(PYTHON)).toContain('a PYTHONPATH in it is replaced: name it under env with :/duotel/python appended to keep it');
    expect(note(BOTH)).not.toContain('PYTHONPATH');
  });
});
