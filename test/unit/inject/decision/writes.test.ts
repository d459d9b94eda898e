import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { annotate, workload } from '../../../support/workloads/injection.ts';
import { BOTH, injected, PYTHON, plan, settle, status } from '../../../support/workloads/settled.ts';

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
