import { describe, expect, it } from '@jest/globals';
import { uninstallObstacle } from '../../../src/uninstall/obstacle.ts';
import { revertSteps } from '../../../src/uninstall/revert-steps.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const BACKEND = 'duotel.io/backend';
const RECORD = JSON.stringify({ version: 1, backend: 'both', bootstrap: 'none', stack: 'duotel/duotel', containers: {}, volumes: {} });
const injected = workload({ annotations: { 'duotel.io/injected': RECORD } });
const git = (value: string) => ({
  [BACKEND]: value,
  'argocd.argoproj.io/tracking-id': 'shop',
  'kubectl.kubernetes.io/last-applied-configuration': `{"${BACKEND}":"${value}"}`,
});

describe('revert', () => {
  it('leaves backend: none where it is, on a workload and on a Namespace', () => {
    const off = workload({ annotations: { [BACKEND]: 'none', 'duotel.io/bootstrap': 'python' } });
    const steps = revertSteps(
      { kind: 'all' },
      [off, workload({ name: 'b', annotations: { [BACKEND]: 'none' } })],
      [namespaceObject({ [BACKEND]: 'none' })],
    );
    expect(steps.map(({ name, annotations }) => [name, annotations])).toEqual([
      ['Deployment/shop/my-rag', { 'duotel.io/bootstrap': null }],
    ]);
  });

  it('opts the workloads of a Namespace out whose default stays, since Git has it', () => {
    const actions = (force: boolean) =>
      revertSteps({ kind: 'all' }, [injected], [namespaceObject(git('both'))], force).map(({ action }) => action);
    expect(actions(false)).toEqual(['remove annotations', 'opt out']);
    expect(actions(true)).toEqual(['remove annotations', 'restore template']);
  });

  it('leaves what is being deleted alone', () => {
    const leaving = workload({
      annotations: { [BACKEND]: 'both', 'duotel.io/injected': RECORD },
      metadata: { deletionTimestamp: '2026-11-27T00:00:00Z' },
    });
    expect(revertSteps({ kind: 'workload', workload: leaving }, [], [namespaceObject()])).toEqual([]);
    expect(revertSteps({ kind: 'all' }, [leaving], [namespaceObject()])).toEqual([]);
  });
});

describe('uninstall --revert', () => {
  const suspended = {
    apiVersion: 'duotel.io/v1alpha1',
    kind: 'TelemetryStack',
    metadata: { name: 'duotel', namespace: 'duotel' },
    spec: { suspend: true },
  };

  it('is hindered by a suspended stack whose workloads are injected, and by no other', () => {
    expect(uninstallObstacle([injected], [], [suspended])).toMatch(/^TelemetryStack\/duotel\/duotel: spec\.suspend is true, .* patch/);
    expect(uninstallObstacle([workload()], [], [suspended])).toBeUndefined();
    expect(uninstallObstacle([injected], [], [{ ...suspended, spec: {} }])).toBeUndefined();
  });

  it('is hindered by an annotation that a GitOps tool would bring back', () => {
    expect(uninstallObstacle([], [namespaceObject(git('both'))], [])).toMatch(/^Namespace\/shop: Argo CD has duotel\.io\/backend from Git/);
    expect(uninstallObstacle([workload({ annotations: git('none') })], [], [])).toBeUndefined();
  });

  it('is hindered by an annotation on a pod template, where nothing opts the workload out of it', () => {
    const templateMetadata = { annotations: { [BACKEND]: 'both' } };
    const asking = workload({ templateMetadata });
    expect(uninstallObstacle([asking], [namespaceObject()], [])).toMatch(/^Deployment\/shop\/my-rag: .* is on the pod template/);
    const off = workload({ templateMetadata, annotations: { [BACKEND]: 'none' } });
    expect(uninstallObstacle([off], [namespaceObject()], [])).toBeUndefined();
    expect(uninstallObstacle([asking], [namespaceObject({ [BACKEND]: 'none' })], [])).toBeUndefined();
    expect(uninstallObstacle([workload({ templateMetadata: { annotations: { [BACKEND]: 'none' } } })], [], [])).toBeUndefined();
  });
});
