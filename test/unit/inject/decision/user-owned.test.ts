import { describe, expect, it } from '@jest/globals';
import type { EnvItem, VolumeMount } from '../../../../src/inject/workload/pod-template.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { annotate, owned, workload } from '../../../support/workloads/injection.ts';
import { BOTH, env, injected, PYTHON, plan, settle, status, userSets, value, withPod } from '../../../support/workloads/settled.ts';

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
    expect(note(PYTHON)).toContain('To keep a PYTHONPATH in it, name it under env with :/duotel/python appended');
    expect(note(BOTH)).not.toContain('PYTHONPATH');
  });
});
