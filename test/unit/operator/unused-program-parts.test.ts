import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { OPERATOR_SELECTOR, PROGRAM_LABELS } from '../../../api/names.ts';
import { unusedProgramParts } from '../../../src/operator/unused-program-parts.ts';

const HOUR = 3_600_000;
/** Day of November 2026, noon, and so many minutes. */
const at = (day: number, minutes = 0): string => new Date(Date.UTC(2026, 10, day, 12, minutes)).toISOString();
const FORMER = { ...OPERATOR_SELECTOR, 'app.kubernetes.io/managed-by': 'duotel' };

function part(
  name: string,
  created: string | undefined,
  labels: Readonly<Record<string, string>> = { ...FORMER, ...PROGRAM_LABELS },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'duotel', labels, ...(created !== undefined && { creationTimestamp: created }) },
  };
}

/** A Deployment or ReplicaSet whose pods mount these, as the operator's do. */
function starting(
  kind: 'Deployment' | 'ReplicaSet',
  name: string,
  parts: readonly string[],
  created: string,
  owner = 'uid-operator',
): KubeObject {
  const volumes = [
    { name: 'program', projected: { sources: parts.map((one) => ({ configMap: { name: one } })) } },
    { name: 'tmp', emptyDir: {} },
  ];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: 'duotel',
      creationTimestamp: created,
      ...(kind === 'Deployment'
        ? { uid: `uid-${name.replace('duotel-', '')}` }
        : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'duotel-operator', uid: owner, controller: true }] }),
    },
    spec: { replicas: 0, template: { spec: { containers: [], volumes } } },
  };
}

const operator = (parts: readonly string[]): KubeObject => starting('Deployment', 'duotel-operator', parts, at(1));
const unused = (
  configMaps: readonly KubeObject[],
  deployments: readonly KubeObject[],
  replicaSets: readonly KubeObject[],
): readonly string[] => unusedProgramParts({ configMaps, deployments, replicaSets }, HOUR).map(({ metadata }) => metadata.name);

const A = ['duotel-operator-aaaaaaaaaa-0', 'duotel-operator-aaaaaaaaaa-1'];
const B = ['duotel-operator-bbbbbbbbbb-0'];
const C = ['next-one', 'next-two', 'next-three'];

describe('a part of a program', () => {
  it('of a former release is unused when no ReplicaSet is left that names it, be it labelled or not', () => {
    const maps = [
      ...A.map((name) => part(name, at(1), FORMER)),
      ...B.map((name) => part(name, at(2))),
      ...C.map((name) => part(name, at(3))),
    ];
    const sets = [starting('ReplicaSet', 'b', B, at(2)), starting('ReplicaSet', 'c', C, at(3))];
    expect(unused(maps, [operator(C)], sets)).toEqual(A);
  });

  it('is kept that a ReplicaSet without pods names: kubectl rollout undo starts it', () => {
    const maps = [...A, ...B].map((name) => part(name, at(1)));
    const sets = [starting('ReplicaSet', 'a', A, at(1)), starting('ReplicaSet', 'c', C, at(3))];
    expect(unused(maps, [operator(C)], sets)).toEqual(B);
  });

  it('is kept that the Deployment names, though its ReplicaSet is not made yet', () => {
    expect(
      unused(
        A.map((name) => part(name, at(1))),
        [operator(A)],
        [starting('ReplicaSet', 'c', C, at(3))],
      ),
    ).toEqual([]);
  });

  it('is kept while the Deployment of its release is on its way', () => {
    const maps = C.map((name) => part(name, at(3)));
    // Also when somebody restarts the former one in the middle.
    for (const newest of [at(2), at(3), at(3, 59)]) {
      expect([newest, unused(maps, [operator(B)], [starting('ReplicaSet', 'b', B, newest)])]).toEqual([newest, []]);
    }
    expect(unused(maps, [operator(B)], [starting('ReplicaSet', 'b', B, at(4))])).toEqual(C);
  });

  it('is kept that another operator beside ours names, whose ReplicaSets are not ours', () => {
    const canary = starting('ReplicaSet', 'canary-1', A, at(1), 'uid-canary');
    const sets = [canary, starting('ReplicaSet', 'c', C, at(3))];
    expect(
      unused(
        [...A, ...B].map((name) => part(name, at(1))),
        [operator(C)],
        sets,
      ),
    ).toEqual(B);
    expect(
      unused(
        A.map((name) => part(name, at(1))),
        [operator(C), starting('Deployment', 'canary', A, at(1))],
        sets.slice(1),
      ),
    ).toEqual([]);
    // Nor do they say how old ours are.
    expect(
      unused(
        B.map((name) => part(name, at(1))),
        [operator(C)],
        [canary],
      ),
    ).toEqual([]);
  });

  it('is kept that a volume of its own holds', () => {
    const { metadata, ...rest } = starting('ReplicaSet', 'x', [], at(3));
    const set = { ...rest, metadata, spec: { template: { spec: { volumes: [{ name: 'p', configMap: { name: B[0] } }] } } } };
    expect(
      unused(
        [...A, ...B].map((name) => part(name, at(1))),
        [operator(C)],
        [set],
      ),
    ).toEqual(A);
  });

  it('is kept where the operator has no Deployment: nobody knows what starts it', () => {
    expect(
      unused(
        A.map((name) => part(name, at(1))),
        [],
        [starting('ReplicaSet', 'c', C, at(3))],
      ),
    ).toEqual([]);
    expect(
      unused(
        A.map((name) => part(name, at(1))),
        [operator(C)],
        [],
      ),
    ).toEqual([]);
  });

  it('is kept of which it is not known how old it is', () => {
    expect(
      unused(
        A.map((name) => part(name, undefined)),
        [operator(C)],
        [starting('ReplicaSet', 'c', C, at(3))],
      ),
    ).toEqual([]);
  });
});

describe('a ConfigMap that is no program', () => {
  it.each([
    ['the default stack', 'duotel-default-stack', FORMER],
    ["a stack's", 'duotel-operator-aaaaaaaaaa-0', { 'app.kubernetes.io/part-of': 'duotel', 'app.kubernetes.io/name': 'collector' }],
    ["somebody's of a like name", 'duotel-operator-aaaaaaaaaa-0', {}],
    ["somebody's with one of our labels", 'x', PROGRAM_LABELS],
    ["the operator's under another name", 'duotel-operator-settings', FORMER],
  ])('is kept: %s', (_what, name, labels) => {
    expect(unused([part(name, at(1), labels)], [operator(C)], [starting('ReplicaSet', 'c', C, at(3))])).toEqual([]);
  });
});
