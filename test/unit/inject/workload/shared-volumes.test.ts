import { describe, expect, it } from '@jest/globals';
import { type DecisionInput, decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import { exposedContainer } from '../../../../src/inject/workload/shared-volumes.ts';
import { after as carriedOut, input, namespaceObject, workload } from '../../../support/workloads/injection.ts';

const creds = { name: 'creds', emptyDir: {} };
const mount = { name: 'creds', mountPath: '/creds' };
const PYTHON = { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python', 'duotel.io/containers': 'app' };
const template = (object: DecisionInput['workload']) => JSON.stringify((object['spec'] as { template: object }).template);

describe('a container without mounts in a pod whose volumes are all for others', () => {
  const parts = { containers: [{ name: 'app' }, { name: 'proxy', volumeMounts: [mount] }], pod: { volumes: [creds] } };

  it('gets no bootstrap, since its owner could not drop the volumes any more', () => {
    const plan = decideWorkload(input(workload({ annotations: PYTHON, ...parts })));
    expect([plan.action, plan.outcome?.reason]).toEqual(['status', 'VolumeListShared']);
  });

  it('gets its variables without the price list', () => {
    const plan = decideWorkload(input(workload({ annotations: { ...PYTHON, 'duotel.io/bootstrap': 'none' }, ...parts })));
    expect(plan.outcome?.reason).toBe('Injected');
    const patch = 'patch' in plan ? JSON.stringify(plan.patch.body) : '';
    expect(patch).toContain('OTEL_SERVICE_NAME');
    expect(patch).not.toContain('OPENLIT_PRICING_JSON');
    expect(patch).not.toContain('duotel-pricing');
  });

  it('gives back what it had when the sidecar with the volume came later', () => {
    const before = workload({ annotations: PYTHON, containers: [{ name: 'app' }] });
    const injected = carriedOut(before, decideWorkload(input(before)));
    expect(template(injected)).toContain('duotel-python');
    const spec = structuredClone(injected['spec']) as { template: { spec: { containers: object[]; volumes: object[] } } };
    spec.template.spec.containers.push({ name: 'proxy', image: 'proxy', volumeMounts: [mount] });
    spec.template.spec.volumes.push(creds);
    const grown = { ...injected, spec };
    const plan = decideWorkload(input(grown));
    expect([plan.action, plan.outcome?.reason]).toEqual(['revert', 'VolumeListShared']);
    expect(template(carriedOut(grown, plan))).not.toContain('duotel');
  });
});

describe('an injected container that the pod gets volumes beside', () => {
  const annotations = { 'duotel.io/backend': 'both' };
  /** Injected with the price list, and then given a sidecar with the pod's only volume. */
  function grown(
    changes: (object: DecisionInput['workload']) => DecisionInput['workload'] = (object) => object,
  ): DecisionInput['workload'] {
    const before = workload({ annotations: { ...annotations, 'duotel.io/containers': 'app' }, containers: [{ name: 'app' }] });
    const injected = carriedOut(before, decideWorkload(input(before)));
    expect(template(injected)).toContain('duotel-pricing');
    const spec = structuredClone(injected['spec']) as { template: { spec: { containers: object[]; volumes: object[] } } };
    spec.template.spec.containers.push({ name: 'log-shipper', image: 'shipper', volumeMounts: [mount] });
    spec.template.spec.volumes.push(creds);
    return changes({ ...injected, spec });
  }
  const annotated = (more: Readonly<Record<string, string | undefined>>) => (object: DecisionInput['workload']) => {
    const kept = Object.entries({ ...object.metadata.annotations, ...more }).filter(([, value]) => value !== undefined);
    return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) as Record<string, string> } };
  };
  const paused = (object: DecisionInput['workload']) => ({ ...object, spec: { ...(object['spec'] as object), paused: true } });

  it('loses the mount at once, whatever is rolling out', () => {
    const plan = decideWorkload(input(grown()));
    expect(plan).toMatchObject({ action: 'inject', urgent: true, outcome: { reason: 'Injected' } });
    expect(template(carriedOut(grown(), plan))).not.toContain('duotel-pricing');
  });

  it.each<[string, DecisionInput['workload'], Partial<DecisionInput>]>([
    ['AmbiguousContainer', grown(annotated({ 'duotel.io/containers': undefined })), {}],
    ['InvalidAnnotation', grown(annotated({ 'duotel.io/bakend': 'both' })), {}],
    ['InvalidAnnotation', grown(), { namespace: namespaceObject({ 'duotel.io/bakend': 'both' }) }],
    ['UnknownContainer', grown(annotated({ 'duotel.io/containers': 'ap' })), {}],
    ['UnknownStack', grown(annotated({ 'duotel.io/stack': 'other' })), {}],
    ['WaitingForStack', grown(), { stacks: [] }],
    ['WaitingPaused', grown(paused), {}],
  ])('is given back where it can not be injected any more: %s', (reason, object, more) => {
    const plan = decideWorkload(input(object, more));
    expect([plan.action, plan.outcome?.reason]).toEqual(['revert', reason]);
    const after = carriedOut(object, plan);
    expect(template(after)).not.toContain('duotel');
    expect(decideWorkload(input(after, more))).toMatchObject({ action: 'none', outcome: { reason } });
  });
});

describe('a container of a StatefulSet that mounts a volume claim only', () => {
  const data = { name: 'data', mountPath: '/data' };
  const proxy = { name: 'proxy', volumeMounts: [mount] };

  it('is exposed, since its mount stays when the last volume of the pod goes', () => {
    expect(exposedContainer({ containers: [{ name: 'app', volumeMounts: [data] }, proxy], volumes: [creds] }, ['app'])).toBe('app');
  });

  it('is not exposed where the pod has no other volumes, or it mounts one of these too', () => {
    expect(exposedContainer({ containers: [{ name: 'app', volumeMounts: [data] }] }, ['app'])).toBeUndefined();
    expect(exposedContainer({ containers: [{ name: 'app', volumeMounts: [data, mount] }], volumes: [creds] }, ['app'])).toBeUndefined();
  });
});

describe('a container is not exposed', () => {
  it('where the pod has no volumes but ours, or it mounts one of its owner’s', () => {
    expect(exposedContainer({ containers: [{ name: 'app' }], volumes: [{ name: 'duotel-pricing' }] }, ['app'])).toBeUndefined();
    expect(exposedContainer({ containers: [{ name: 'app', volumeMounts: [mount] }], volumes: [creds] }, ['app'])).toBeUndefined();
    expect(exposedContainer({ containers: [{ name: 'app' }, { name: 'proxy' }], volumes: [creds] }, ['app'])).toBe('app');
  });
});
