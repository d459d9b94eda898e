import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { formatRecord } from '../../../../src/inject/record/record.ts';
import { mayHaveStuckPods, stuckPods } from '../../../../src/inject/rollback/stuck-pods.ts';

const MARKER = { name: 'DUOTEL_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };
const RECORD = formatRecord({ backend: 'both', bootstrap: 'none', stack: 'duotel/duotel', containers: {}, volumes: {} });
const CRASHED = {
  name: 'app',
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, reason: 'Error' } },
};

const statefulSet = (changes: {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'db',
    namespace: 'shop',
    uid: 'set',
    generation: 3,
    annotations: changes.annotations ?? { 'duotel.io/rolled-back': '{"settings":"a","message":"b"}' },
  },
  spec: { replicas: 2, ...changes.spec },
  status: {
    observedGeneration: 3,
    replicas: 2,
    availableReplicas: 1,
    currentRevision: 'db-1',
    updateRevision: 'db-1',
    ...changes.status,
  },
});

const pod = (
  name: string,
  changes: { readonly metadata?: object; readonly env?: readonly object[]; readonly status?: object } = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    labels: { 'controller-revision-hash': 'db-2' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set' }],
    ...changes.metadata,
  },
  spec: { containers: [{ name: 'app', env: changes.env ?? [MARKER] }] },
  status: { containerStatuses: [CRASHED], ...changes.status },
});

describe('a StatefulSet that an injection was taken back from', () => {
  it('may have a pod that nothing replaces, while it has too few that are available', () => {
    expect(mayHaveStuckPods(statefulSet({}))).toBe(true);
    expect(mayHaveStuckPods(statefulSet({ status: { availableReplicas: 2 } }))).toBe(false);
  });

  it.each<[string, Parameters<typeof statefulSet>[0]]>([
    ['was never injected', { annotations: {} }],
    ['is injected again', { annotations: { 'duotel.io/rolled-back': '{"settings":"a","message":"b"}', 'duotel.io/injected': RECORD } }],
    ['makes its pods at once', { spec: { podManagementPolicy: 'Parallel' } }],
    ['lets people delete its pods', { spec: { updateStrategy: { type: 'OnDelete' } } }],
    ['has a controller that has not seen its former template yet', { status: { observedGeneration: 2 } }],
  ])('has none where it %s', (_, changes) => {
    expect(mayHaveStuckPods(statefulSet(changes))).toBe(false);
  });
});

describe('the pods of such a StatefulSet', () => {
  const judge = (...pods: readonly KubeObject[]) => {
    const { injected, failing } = stuckPods(statefulSet({}), pods);
    return { injected, failing: failing.map(({ metadata }) => metadata.name) };
  };

  it('are deleted where they fail with what was taken back', () => {
    expect(judge(pod('db-1'))).toEqual({ injected: 1, failing: ['db-1'] });
  });

  it('are told by any of their containers: a sidecar has no variable of ours', () => {
    const { spec, ...rest } = pod('db-1');
    const { containers } = spec as { readonly containers: readonly object[] };
    expect(judge({ ...rest, spec: { containers: [{ name: 'istio-proxy' }, ...containers] } })).toEqual({ injected: 1, failing: ['db-1'] });
  });

  it('are waited for while they have not failed twice', () => {
    const once = { ...CRASHED, restartCount: 1 };
    expect(judge(pod('db-1', { status: { containerStatuses: [once] } }))).toEqual({ injected: 1, failing: [] });
  });

  it.each<[string, KubeObject]>([
    ['of the present template', pod('db-1', { metadata: { labels: { 'controller-revision-hash': 'db-1' } } })],
    ['without a variable of ours', pod('db-1', { env: [] })],
    ['of another owner', pod('db-1', { metadata: { ownerReferences: [] } })],
    ['already being deleted', pod('db-1', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
  ])('%s are left alone, though they fail', (_, other) => {
    expect(judge(other)).toEqual({ injected: 0, failing: [] });
  });
});
