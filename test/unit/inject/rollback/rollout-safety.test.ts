import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { decideRollback, decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import { readRecord } from '../../../../src/inject/record/record.ts';
import { isInjectedPod } from '../../../../src/inject/rollback/injected-pod.ts';
import { rollbackMessage } from '../../../../src/inject/rollback/rollback-note.ts';
import { admit } from '../../../../src/inject/rollout/pace.ts';
import { type RolloutState, rolloutState } from '../../../../src/inject/rollout/rollout-state.ts';
import { digestOf } from '../../../../src/inject/workload/digest-of.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { healthyTemplate, isStub, storedWorkload } from '../../../../src/inject/workload/stored-workload.ts';
import { podFailure } from '../../../../src/kube/pod-failure.ts';
import { annotate, after as carriedOut, input, stack, workload } from '../../../support/workloads/injection.ts';

const BOTH = { 'duotel.io/backend': 'both' };

function withStatus(kind: string, spec: object, status: object): KubeObject {
  const object = workload({ kind, metadata: { generation: 2 }, spec: spec as Record<string, unknown> });
  return { ...object, status: { observedGeneration: 2, ...status } };
}

describe('how far a workload has rolled out', () => {
  const progressing = (reason: string): object => ({ conditions: [{ type: 'Progressing', reason }] });
  it.each<[string, string, object, object, Partial<RolloutState>]>([
    [
      'a Deployment that is done',
      'Deployment',
      { replicas: 2 },
      { replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
      { healthy: true, complete: true, mixed: false },
    ],
    [
      'a Deployment with old pods',
      'Deployment',
      { replicas: 2 },
      { replicas: 3, updatedReplicas: 1, availableReplicas: 2 },
      { mixed: true, unfinished: true, healthy: false, available: true },
    ],
    ['a Deployment of nothing', 'Deployment', { replicas: 0 }, {}, { complete: true, healthy: false, available: false }],
    [
      'a Deployment seen too long ago',
      'Deployment',
      {},
      { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      { observed: false, complete: false },
    ],
    [
      'a Deployment that has given up',
      'Deployment',
      {},
      { replicas: 2, updatedReplicas: 1, availableReplicas: 1, ...progressing('ProgressDeadlineExceeded') },
      { failed: true, unfinished: true },
    ],
    [
      'a Deployment whose pods failed later',
      'Deployment',
      {},
      { replicas: 1, updatedReplicas: 1, ...progressing('NewReplicaSetAvailable') },
      { unfinished: false, complete: false },
    ],
    [
      'a Deployment whose former pods are gone and whose new ones are still coming',
      'Deployment',
      {},
      { replicas: 1, updatedReplicas: 1, ...progressing('ReplicaSetUpdated') },
      { mixed: false, unfinished: true, complete: false },
    ],
    [
      'a StatefulSet with one revision',
      'StatefulSet',
      {},
      { replicas: 1, availableReplicas: 1, currentRevision: 'a', updateRevision: 'a' },
      { healthy: true },
    ],
    [
      'a StatefulSet with two',
      'StatefulSet',
      { replicas: 2 },
      { replicas: 2, updatedReplicas: 1, availableReplicas: 2, currentRevision: 'a', updateRevision: 'b' },
      { mixed: true, healthy: false },
    ],
    [
      'a StatefulSet down to its partition',
      'StatefulSet',
      { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
      { replicas: 2, updatedReplicas: 1, availableReplicas: 2, currentRevision: 'a', updateRevision: 'b' },
      { mixed: false, complete: true },
    ],
    [
      'an OnDelete StatefulSet',
      'StatefulSet',
      { updateStrategy: { type: 'OnDelete' } },
      { replicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { mixed: false, available: false },
    ],
    [
      'a DaemonSet with old pods',
      'DaemonSet',
      {},
      { desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
      { mixed: true, available: true },
    ],
    ['a DaemonSet without nodes', 'DaemonSet', {}, { desiredNumberScheduled: 0 }, { complete: true, healthy: false }],
    ['a CronJob', 'CronJob', {}, {}, { complete: true, available: false, mixed: false }],
    [
      'a Rollout between two revisions',
      'Rollout',
      {},
      { observedGeneration: '2', stableRS: 'a', currentPodHash: 'b', availableReplicas: 1 },
      { observed: true, mixed: true },
    ],
    ['a Rollout that is degraded', 'Rollout', {}, { observedGeneration: '2', phase: 'Degraded' }, { failed: true }],
  ])('is told of %s', (_, kind, spec, status, expected) => {
    expect(rolloutState(withStatus(kind, spec, status))).toMatchObject(expected);
  });
});

describe('a place for a rollout', () => {
  const state = rolloutState(withStatus('Deployment', {}, { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }));
  const mixed = rolloutState(withStatus('Deployment', {}, { replicas: 2, updatedReplicas: 1, availableReplicas: 1 }));
  const fresh = rolloutState(withStatus('Deployment', {}, { replicas: 1, updatedReplicas: 1 }));
  const config = stack('duotel', { maxConcurrentRollouts: 3, maxConcurrentRolloutsPerNamespace: 2 });
  const running = (...namespaces: readonly string[]) => namespaces.map((namespace) => ({ namespace, stack: 'duotel/duotel' }));
  const ask = (of: RolloutState, others: ReturnType<typeof running>, urgent = false) =>
    admit({ name: 'Deployment x', namespace: 'shop', state: of, urgent }, others, config);

  it('is there while fewer than the settings allow roll out', () => {
    expect(ask(state, running('shop', 'other')).kind).toBe('go');
  });
  it('is waited for when as many as allowed roll out, of the stack or of the namespace', () => {
    expect(ask(state, running('a', 'b', 'c'))).toMatchObject({
      reason: 'WaitingInQueue',
      message: expect.stringContaining('maxConcurrentRollouts of'),
    });
    expect(ask(state, running('shop', 'shop'))).toMatchObject({
      reason: 'WaitingInQueue',
      message: expect.stringContaining('PerNamespace of'),
    });
  });
  it('is not counted against another stack', () => {
    expect(
      ask(
        state,
        running('a', 'b', 'c').map((one) => ({ ...one, stack: 'duotel/other' })),
      ).kind,
    ).toBe('go');
  });
  it('is waited for beside a rollout of the workload itself', () => {
    expect(ask(mixed, [])).toMatchObject({ reason: 'WaitingForRollout' });
  });
  it('is not needed without available pods, or to put back what was lost', () => {
    expect(ask(fresh, running('a', 'b', 'c')).kind).toBe('go');
    expect(ask(mixed, running('a', 'b', 'c'), true).kind).toBe('go');
  });
});

describe('pods of an injection', () => {
  const pod = (container: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    status: { containerStatuses: [{ name: 'app', ...container }] },
  });
  const backOff = { waiting: { reason: 'CrashLoopBackOff', message: 'SECRET in a message' } };
  const ended = (reason: string, exitCode: number) => ({ terminated: { reason, exitCode, message: 'SECRET on the last line of the log' } });

  it.each<[string, object, string | undefined]>([
    [
      'crash again and again',
      { state: backOff, restartCount: 2, lastState: ended('Error', 1) },
      'container app crashed 2 times: Error, exit code 1',
    ],
    [
      'crash again and again, by a kubelet that never says so',
      { state: ended('Error', 7), restartCount: 2, lastState: ended('Error', 7) },
      'container app crashed 2 times: Error, exit code 7',
    ],
    ['are through after some tries', { state: ended('Completed', 0), restartCount: 3, lastState: ended('Error', 1) }, undefined],
    ['crashed once', { state: backOff, restartCount: 1, lastState: ended('Error', 1) }, undefined],
    ['run after two crashes', { state: { running: {} }, restartCount: 2, lastState: ended('Error', 1) }, undefined],
    [
      'run out of memory again and again',
      { state: { running: {} }, restartCount: 2, lastState: ended('OOMKilled', 137) },
      'container app ran out of memory 2 times: OOMKilled, exit code 137',
    ],
    ['cannot pull their image', { state: { waiting: { reason: 'ImagePullBackOff' } } }, 'container app did not start: ImagePullBackOff'],
    ['are pulling it', { state: { waiting: { reason: 'ErrImagePull' } } }, undefined],
    [
      'miss what they refer to',
      { state: { waiting: { reason: 'CreateContainerConfigError' } } },
      'container app did not start: CreateContainerConfigError',
    ],
    ['are being made', { state: { waiting: { reason: 'ContainerCreating' } } }, undefined],
  ])('that %s are judged by names, reasons and numbers only', (_, container, message) => {
    expect(podFailure([pod(container)])?.message).toBe(message);
  });

  it('of a StatefulSet that makes them in order is deleted, and the message says which', () => {
    const failed = { message: 'container app crashed 2 times: Error, exit code 1', pod: 'db-0' };
    const set = (spec: Record<string, unknown>) => rollbackMessage(workload({ kind: 'StatefulSet', spec }), failed);
    expect(set({})).toMatch(/^container app crashed .*; pod db-0 is deleted, since a StatefulSet replaces no pod that is not Ready$/);
    expect(set({ podManagementPolicy: 'Parallel' })).toBe(failed.message);
    expect(rollbackMessage(workload({}), failed)).toBe(failed.message);
  });

  it('are told from the former ones by what the record says', () => {
    const object = workload({ annotations: BOTH });
    const written = carriedOut(object, decideWorkload(input(object)));
    const record = readRecord(written);
    if (typeof record === 'string') throw new Error('no record');
    const made = (from: KubeObject): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: podTemplate(from)?.spec,
    });
    expect([isInjectedPod(made(written), record), isInjectedPod(made(object), record)]).toEqual([true, false]);
  });
});

describe('an injection that was taken back', () => {
  const object = workload({ annotations: BOTH });
  const written = carriedOut(object, decideWorkload(input(object, { healthy: true })));
  const back = carriedOut(written, decideRollback(input(written), 'container app crashed 2 times: Error, exit code 1'));

  it('had its template noted, as the API server made it', () => {
    expect(readRecord(written)).toMatchObject({ rollout: digestOf(podTemplate(written)) });
    expect(readRecord(carriedOut(object, decideWorkload(input(object))))).not.toHaveProperty('rollout');
  });
  it('leaves the template as it was', () => {
    expect(back['spec']).toEqual(object['spec']);
    expect(back.metadata.annotations?.['duotel.io/status']).toBe('Blocked RolledBack: container app crashed 2 times: Error, exit code 1');
  });
  it('is not made again for the same settings, wherever they stand', () => {
    expect(decideWorkload(input(back))).toMatchObject({ action: 'none', outcome: { reason: 'RolledBack' } });
  });
  it('is made again for others', () => {
    const plan = decideWorkload(input(annotate(back, { 'duotel.io/containers': 'app' })));
    expect(plan.action).toBe('inject');
    expect(carriedOut(back, plan).metadata.annotations).not.toHaveProperty('duotel.io/rolled-back');
  });
  it('leaves nothing when the annotation goes', () => {
    const gone = annotate(back, { 'duotel.io/backend': null });
    const left = carriedOut(gone, decideWorkload(input(gone))).metadata.annotations ?? {};
    expect(Object.keys(left)).toEqual([]);
  });
});

describe('what is kept of a workload', () => {
  it('is all of it when it has an annotation of ours, also on its pod template', () => {
    for (const object of [workload({ annotations: BOTH }), workload({ templateMetadata: { annotations: BOTH } })]) {
      expect(storedWorkload(object)).toEqual(object);
    }
  });
  it('is of who owns its fields what the plan asks for, each manager in its place', () => {
    const podSpec = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:env': { 'k:{"name":"A"}': {} } } } } } };
    const object = workload({ annotations: BOTH });
    const managedFields = [
      { manager: 'kube-controller-manager', subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } },
      { manager: 'kubectl', fieldsV1: { 'f:metadata': { 'f:labels': {} }, 'f:spec': { 'f:replicas': {}, ...podSpec } } },
      { manager: 'duotel', fieldsV1: { 'f:metadata': { 'f:annotations': {} } } },
    ];
    expect(storedWorkload({ ...object, metadata: { ...object.metadata, managedFields } }).metadata.managedFields).toEqual([
      { manager: 'kube-controller-manager', subresource: 'status' },
      { manager: 'kubectl', fieldsV1: { 'f:spec': podSpec } },
      { manager: 'duotel' },
    ]);
  });
  it('is else no more than that it is there, and of which template its pods are healthy', () => {
    const object = withStatus('Deployment', {}, { replicas: 1, updatedReplicas: 1, availableReplicas: 1 });
    const stub = storedWorkload(object);
    expect([isStub(stub), healthyTemplate(stub)]).toEqual([true, digestOf(podTemplate(object))]);
    expect(JSON.stringify(stub).length).toBeLessThan(300);
  });
});

describe('a pod of an injection that is long gone (kubectl rollout undo, the operator away)', () => {
  it('starts without the files that it mounts', () => {
    const object = workload({ annotations: { ...BOTH, 'duotel.io/bootstrap': 'python' } });
    const volumes = podTemplate(carriedOut(object, decideWorkload(input(object))))?.spec.volumes ?? [];
    expect(volumes.map(({ name, configMap }) => [name, configMap?.optional])).toEqual([
      ['duotel-pricing', true],
      ['duotel-python', true],
    ]);
  });
});
