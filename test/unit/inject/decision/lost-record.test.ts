import { describe, expect, it } from '@jest/globals';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { annotate, workload } from '../../../support/workloads/injection.ts';
import { injected, PYTHON, plan, settle, withPod } from '../../../support/workloads/settled.ts';

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
