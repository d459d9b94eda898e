import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { statusReport } from '../../../../src/cli/output/status-report.ts';
import { namespaceObject, workload } from '../../../support/workloads/injection.ts';

const NONE = { 'duotel.io/backend': 'none' };
const BOTH = { 'duotel.io/backend': 'both' };

const stack = (spec: Readonly<Record<string, unknown>> = {}): KubeObject => ({
  apiVersion: 'duotel.io/v1alpha1',
  kind: 'TelemetryStack',
  metadata: { name: 'duotel', namespace: 'duotel', generation: 1 },
  spec,
  status: { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }] },
});

function status(
  one: KubeObject,
  { namespace = namespaceObject(), stacks = [stack()] }: { namespace?: KubeObject; stacks?: readonly KubeObject[] } = {},
) {
  const namespaces = new Map([[namespace.metadata.name, namespace]]);
  const { ok, workloads } = statusReport(stacks, [one], { barePods: [], notes: [], namespaces });
  return { ok, rows: workloads.map(({ state, reason, backend }) => `${state} ${reason} ${backend}`) };
}

describe('a workload that the operator does not write on', () => {
  it.each([
    ['opts out itself', workload({ annotations: NONE }), namespaceObject()],
    ['opts out beside a mistake', workload({ annotations: { ...NONE, 'duotel.io/boostrap': 'python' } }), namespaceObject()],
    ['is opted out by its Namespace', workload({ annotations: BOTH }), namespaceObject(NONE)],
    ['opts out of the default of its Namespace', workload({ annotations: NONE }), namespaceObject(BOTH)],
  ])('is off and in order when it %s', (_, one, namespace) => {
    expect(status(one, { namespace })).toEqual({ ok: true, rows: ['off OptedOut none'] });
  });

  it('is blocked in a protected namespace', () => {
    expect(status(workload({ namespace: 'kube-system', annotations: BOTH }))).toEqual({
      ok: false,
      rows: ['blocked ProtectedNamespace both'],
    });
    const stacks = [stack({ injection: { protectedNamespaces: ['shop'] } })];
    expect(status(workload({ annotations: BOTH }), { stacks }).rows).toEqual(['blocked ProtectedNamespace both']);
  });

  it('is pending while its stack is suspended', () => {
    expect(status(workload({ annotations: BOTH }), { stacks: [stack({ suspend: true })] })).toEqual({
      ok: false,
      rows: ['pending StackSuspended both'],
    });
  });

  it('is being deleted, whatever was written on it before', () => {
    const metadata = { deletionTimestamp: '2026-11-27T00:00:00Z' };
    expect(status(workload({ annotations: { ...BOTH, 'duotel.io/status': 'Injected both' }, metadata })).rows).toEqual([
      'off Deleting both',
    ]);
    expect(status(workload({ metadata })).rows).toEqual([]);
  });
});

describe('a workload that the operator writes on', () => {
  it('is what was written on it, while something else is to be written', () => {
    const annotations = { ...BOTH, 'duotel.io/status': 'Pending WaitingInQueue: 10 of 10' };
    expect(status(workload({ annotations })).rows).toEqual(['pending WaitingInQueue both']);
  });

  it.each([
    ['it asks', workload({ annotations: BOTH }), namespaceObject(), 'both'],
    ['its Namespace asks', workload(), namespaceObject(BOTH), 'both'],
    ['it has a mistake', workload({ annotations: { 'duotel.io/backend': 'Both' } }), namespaceObject(), 'Both'],
  ])('is not observed while nothing is written and %s', (_, one, namespace, backend) => {
    expect(status(one, { namespace })).toEqual({ ok: false, rows: [`unseen NotObserved ${backend}`] });
  });
});

describe('a mistake on a Namespace', () => {
  it('is told of each workload in it, though none of them is annotated', () => {
    const { ok, workloads } = statusReport([stack()], [workload()], {
      barePods: [],
      notes: [],
      namespaces: new Map([['shop', namespaceObject({ 'duotel.io/backend': 'Both' })]]),
    });
    expect({ ok, workloads }).toMatchObject({ ok: false, workloads: [{ state: 'blocked', reason: 'InvalidAnnotation', backend: 'Both' }] });
    expect(workloads[0]?.message).toContain('on Namespace shop is "Both", expected');
  });
});
