import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { REASONS } from '../../../../api/reason.ts';
import { decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import { OTHER_REASONS, PRECONDITIONS } from '../../../../src/inject/decision/preconditions.ts';
import { input, stack, type WorkloadParts, workload } from '../../../support/workloads/injection.ts';

const CHECKED = PRECONDITIONS.flatMap(({ reasons }): readonly string[] => reasons);

/** A workload for which no precondition holds that one can break together with all others, and what mends the one that speaks. */
const WRONG: WorkloadParts = {
  namespace: 'kube-system',
  metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
  annotations: { 'duotel.io/backend': 'bth', 'duotel.io/bootstrap': 'nodejs' },
  spec: { workloadRef: { kind: 'Deployment', name: 'other' }, paused: true },
  pod: { os: { name: 'windows' }, volumes: [{ name: 'theirs' }] },
  containers: [
    { name: 'app', env: [{ name: 'A' }, { name: 'A' }] },
    { name: 'second', env: [] },
  ],
};

const MENDINGS: readonly (readonly [reason: string, mend: (parts: WorkloadParts) => WorkloadParts])[] = [
  ['ProtectedNamespace', (parts) => ({ ...parts, namespace: 'shop' })],
  ['Deleting', ({ metadata: _, ...parts }) => parts],
  ['InvalidAnnotation', (parts) => ({ ...parts, annotations: { ...parts.annotations, 'duotel.io/backend': 'both' } })],
  ['UnsupportedKind', (parts) => ({ ...parts, spec: { paused: true } })],
  ['WindowsPod', (parts) => ({ ...parts, pod: { volumes: [{ name: 'theirs' }] } })],
  ['BootstrapUnavailable', (parts) => ({ ...parts, annotations: { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python' } })],
  ['WaitingPaused', ({ spec: _, ...parts }) => parts],
  ['AmbiguousStack', (parts) => ({ ...parts, annotations: { ...parts.annotations, 'duotel.io/stack': 'a' } })],
  ['AmbiguousContainer', (parts) => ({ ...parts, annotations: { ...parts.annotations, 'duotel.io/containers': 'app' } })],
  ['VolumeListShared', ({ pod: _, ...parts }) => parts],
  ['DuplicateVariable', (parts) => ({ ...parts, containers: [{ name: 'app' }, { name: 'second' }] })],
  ['Injected', (parts) => parts],
];

function reasonOf(parts: WorkloadParts): string | undefined {
  const object: KubeObject = workload(parts);
  return decideWorkload(input(object, { stacks: [stack('a'), stack('b')] })).outcome?.reason;
}

describe('the preconditions of an injection', () => {
  it('speak one at a time, each when those before it hold', () => {
    const said: (string | undefined)[] = [];
    let parts = WRONG;
    for (const [, mend] of MENDINGS) {
      said.push(reasonOf(parts));
      parts = mend(parts);
    }
    expect(said).toEqual(MENDINGS.map(([reason]) => reason));
  });

  it('are in the order in which they speak', () => {
    const first = (reason: string): number => CHECKED.indexOf(reason);
    const order = MENDINGS.map(([reason]) => reason).filter((reason) => reason !== 'Injected');
    expect(order.map(first)).toEqual(order.map(first).toSorted((a, b) => a - b));
    expect(order.map(first)).not.toContain(-1);
  });

  it('and what is said later give every reason that a workload can have, and none twice', () => {
    const outcomes = Object.entries(REASONS).flatMap(([reason, { state }]) => (state === 'note' ? [] : [reason]));
    expect([...new Set(CHECKED), ...Object.keys(OTHER_REASONS)].sort()).toEqual(outcomes.sort());
  });
});
