import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { REASONS, type Reason } from '../../../../api/reason.ts';
import {
  type DecisionInput,
  decideRefused,
  decideRollback,
  decideWaiting,
  decideWorkload,
} from '../../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../../src/inject/decision/decision.ts';
import { eventOf } from '../../../../src/inject/decision/outcome.ts';
import { heldBack } from '../../../../src/inject/decision/suspension.ts';
import { presentStack } from '../../../../src/inject/wishes/stack-choice.ts';
import { after, annotate, input, namespaceObject, stack, type WorkloadParts, workload } from '../../../support/workloads/injection.ts';

const BOTH = { 'duotel.io/backend': 'both' };
const PYTHON = { ...BOTH, 'duotel.io/bootstrap': 'python' };

function planOf(parts: WorkloadParts, overrides: Partial<DecisionInput> = {}): Decision {
  return decideWorkload(input(workload({ annotations: BOTH, ...parts }), overrides));
}

function injectedThen(annotations: Readonly<Record<string, string | null>>): Decision {
  const object = workload({ annotations: BOTH });
  return decideWorkload(input(annotate(after(object, decideWorkload(input(object))), annotations)));
}

/** What is left of the plan for a workload whose stack is suspended. */
function held(object: KubeObject): Decision {
  const { outcome } = heldBack(decideWorkload(input(object)), presentStack(object, [stack()]), ['duotel/duotel']) ?? {};
  return { action: 'none', needs: [], ...(outcome !== undefined && { outcome }) };
}

/** A row for each reason: a case that has it. Typed so that a new reason does not compile without one. */
const CASES: Readonly<Record<Reason, () => Decision>> = {
  Injected: () => planOf({}),
  Reverted: () => injectedThen({ 'duotel.io/backend': null }),
  OptedOut: () => planOf({ annotations: { 'duotel.io/backend': 'none' } }),
  WaitingForStack: () => planOf({}, { stacks: [] }),
  StackSuspended: () => held(workload({ annotations: BOTH })),
  WaitingPaused: () => planOf({ spec: { paused: true } }),
  WaitingForRollout: () => decideWaiting(workload({ annotations: BOTH }), 'WaitingForRollout', 'my-rag is rolling out'),
  WaitingInQueue: () => decideWaiting(workload({ annotations: BOTH }), 'WaitingInQueue', '10 workloads are rolling out'),
  RolledBack: () => decideRollback(input(workload({ annotations: BOTH })), 'container app crashed 2 times: Error, exit code 1'),
  Contested: () => decideWaiting(workload({ annotations: BOTH }), 'Contested', 'undone 5 times in 10 minutes'),
  InvalidAnnotation: () => planOf({ annotations: { 'duotel.io/backend': 'bth' } }),
  UnknownContainer: () => planOf({ annotations: { ...BOTH, 'duotel.io/containers': 'ap' } }),
  AmbiguousContainer: () => planOf({ containers: [{ name: 'a' }, { name: 'b' }] }),
  NoTargetContainer: () => planOf({ containers: [{ name: 'envoy' }] }),
  UnknownStack: () => planOf({ annotations: { ...BOTH, 'duotel.io/stack': 'dutel' } }),
  AmbiguousStack: () => planOf({}, { stacks: [stack('a'), stack('b')] }),
  ProtectedNamespace: () => planOf({ namespace: 'kube-system' }),
  UnsupportedKind: () => planOf({ kind: 'Job' }),
  Deleting: () => planOf({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
  WindowsPod: () => planOf({ pod: { os: { name: 'windows' } } }),
  BootstrapUnavailable: () => planOf({ annotations: { ...BOTH, 'duotel.io/bootstrap': 'nodejs' } }),
  DuplicateVariable: () =>
    planOf({
      containers: [
        {
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        },
      ],
    }),
  VolumeOwnedByUser: () => planOf({ pod: { volumes: [{ name: 'duotel-pricing' }] } }),
  MountPathOwnedByUser: () => planOf({ containers: [{ volumeMounts: [{ name: 'mine', mountPath: '/duotel/pricing' }] }] }),
  StartupPathOwnedByUser: () => planOf({ annotations: PYTHON, containers: [{ env: [{ name: 'PYTHONPATH', value: '/app' }] }] }),
  WriteRefused: () => decideRefused(workload(), 'admission webhook "policy" denied the request'),
  EnvOwnedByUser: () => planOf({ containers: [{ env: [{ name: 'OTEL_SERVICE_NAME', value: 'x' }] }] }),
  EndpointOwnedByUser: () => planOf({ containers: [{ env: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'x' }] }] }),
  RecordUnreadable: () => injectedThen({ 'duotel.io/injected': '?' }),
  AnnotationOnPodTemplate: () => planOf({ annotations: {}, templateMetadata: { annotations: BOTH } }),
  HostNetworkDns: () => planOf({ pod: { hostNetwork: true } }),
  PodsMustBeDeleted: () => planOf({ kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } }),
  VolumeListShared: () => planOf({ annotations: PYTHON, pod: { volumes: [{ name: 'creds' }] } }),
  PricesLeftOut: () => planOf({ pod: { volumes: [{ name: 'creds' }] } }),
  EnvFromNotRead: () => planOf({ containers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }),
  ManifestOutdated: () =>
    planOf({
      annotations: { ...BOTH, 'duotel.io/manifest': '{}' },
      pod: { volumes: [{ name: 'duotel-pricing', configMap: { name: 'duotel-pricing-0123456789' } }] },
      containers: [{ volumeMounts: [{ name: 'duotel-pricing', mountPath: '/duotel/pricing' }] }],
    }),
  ImageEnvNotRead: () => planOf({ annotations: PYTHON }),
};

/** What may happen to the template for the sake of this reason. */
const ACTIONS = {
  injected: ['inject'],
  pending: ['status'],
  blocked: ['status', 'none'],
  off: ['revert', 'none'],
  note: ['inject', 'status'],
};

describe('every reason', () => {
  it.each(Object.entries(CASES))('%s is given by a case, and its plan does no more than it may', (reason, planned) => {
    const plan = planned();
    const { outcome } = plan;
    expect([outcome?.reason, ...(outcome?.notes ?? []).map((note) => note.reason)]).toContain(reason);
    expect(reason === 'StackSuspended' ? ['none'] : ACTIONS[REASONS[reason as Reason].state]).toContain(plan.action);
    if ('event' in plan)
      expect(`${plan.event.reason}: ${plan.event.message}`).toContain(reason === outcome?.reason ? `${reason}: ` : `; ${reason}: `);
  });

  it('is documented in one line of what it means and one of what to do', () => {
    for (const { means, todo } of Object.values(REASONS)) {
      expect(means).toMatch(/^[^\n]+\.$/);
      expect(todo).toMatch(/^[^\n]+\.$/);
    }
  });

  describe('of what is being deleted', () => {
    const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const NOTHING = { action: 'none', needs: [] };
    const going = (annotations: Readonly<Record<string, string>> = {}): KubeObject => {
      const { metadata, ...rest } = namespaceObject(annotations);
      return { ...rest, metadata: { ...metadata, ...DELETED } };
    };

    it('is not told of a workload that asks for nothing', () => {
      expect(planOf({ annotations: {}, metadata: DELETED })).toEqual(NOTHING);
      expect(planOf({ annotations: {} }, { namespace: going() })).toEqual(NOTHING);
      expect(planOf({ annotations: { 'duotel.io/bootstrap': 'python' }, metadata: DELETED })).toEqual(NOTHING);
    });

    it('is told in place of a mistake that nobody need mend any more', () => {
      const namespace = going({ 'duotel.io/bakend': 'both' });
      expect(planOf({ annotations: {} }, { namespace })).toMatchObject({ action: 'none', outcome: { reason: 'Deleting', state: 'off' } });
    });

    it('blocks nobody and warns of nothing', () => {
      const { outcome } = planOf({ metadata: DELETED });
      expect(outcome).toMatchObject({ reason: 'Deleting', state: 'off', message: 'Deployment my-rag is being deleted' });
      expect(outcome && eventOf(outcome).type).toBe('Normal');
    });

    it('is the Namespace too: nothing can be made in it, and nothing lasts', () => {
      const message = 'Namespace shop is being deleted';
      expect(planOf({}, { namespace: going() })).toMatchObject({ action: 'none', outcome: { reason: 'Deleting', message } });
    });

    it('keeps a rollback from being written, and what is injected from being taken back', () => {
      const injected = after(workload({ annotations: BOTH }), planOf({}));
      const deleted = { ...injected, metadata: { ...injected.metadata, ...DELETED } };
      expect(decideRollback(input(deleted), 'container app crashed 2 times')).toMatchObject({
        action: 'none',
        outcome: { reason: 'Deleting' },
      });
      expect(decideWorkload(input(annotate(deleted, { 'duotel.io/backend': null }))).action).toBe('none');
    });
  });

  it.each(['kube-system', 'kube-public', 'kube-node-lease', 'duotel'])(
    'in namespace %s there is nothing written, whatever is asked',
    (namespace) => {
      expect(planOf({ namespace }).action).toBe('none');
      expect(planOf({ namespace, annotations: {} })).toEqual({ action: 'none', needs: [] });
    },
  );

  it('for a mistake on the Namespace is not written on workloads that ask for nothing themselves', () => {
    const namespace = namespaceObject({ 'duotel.io/bakend': 'both' });
    expect(planOf({ annotations: {} }, { namespace })).toMatchObject({ action: 'none', outcome: { reason: 'InvalidAnnotation' } });
  });
});

describe('of a workload whose stack is suspended', () => {
  const asked = workload({ annotations: BOTH });
  const injected = after(asked, decideWorkload(input(asked)));
  const others = [stack(), stack('second')];

  it('is said what it is while it is as wanted, and that it waits while it is not', () => {
    expect(held(injected).outcome?.reason).toBe('Injected');
    expect(held(annotate(injected, { 'duotel.io/backend': null })).outcome?.reason).toBe('StackSuspended');
    expect(held(annotate(injected, { 'duotel.io/backend': 'bth' })).outcome?.reason).toBe('StackSuspended');
  });

  it('nothing is held back for the sake of another stack, but for a change from one to the other', () => {
    const moved = annotate(injected, { 'duotel.io/stack': 'second' });
    const plan = decideWorkload(input(moved, { stacks: others }));
    expect(heldBack(plan, presentStack(moved, others), ['duotel/third'])).toBeUndefined();
    expect(heldBack(plan, presentStack(moved, others), ['duotel/second'])?.outcome?.reason).toBe('StackSuspended');
    expect(heldBack(plan, presentStack(moved, others), ['duotel/duotel'])?.outcome?.reason).toBe('StackSuspended');
    const fresh = annotate(asked, { 'duotel.io/stack': 'second' });
    expect(heldBack(decideWorkload(input(fresh, { stacks: others })), presentStack(fresh, others), ['duotel/duotel'])).toBeUndefined();
  });
});
