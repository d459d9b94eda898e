import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { PROBLEM_REASONS } from '../../../src/apply/result.ts';
import { type StackOutcome, stackStatus } from '../../../src/stacks/status.ts';

const stack = (status?: object): KubeObject => ({
  apiVersion: 'duotel.io/v1alpha1',
  kind: 'TelemetryStack',
  metadata: { name: 'duotel', namespace: 'duotel', generation: 3 },
  ...(status && { status }),
});
const ok: StackOutcome = {
  failures: [],
  suspended: false,
  tried: true,
  components: [{ name: 'collector', ready: true, message: '1 of 1 replicas ready' }],
  inventory: [],
  workloads: { injected: 0, pending: 0, blocked: 0, reverted: 0 },
};
const at = (status: ReturnType<typeof stackStatus>, type: string): string | undefined => {
  const found = status.conditions.find((one) => one.type === type);
  return found && `${found.status} ${found.reason} ${found.lastTransitionTime}`;
};

describe('stackStatus', () => {
  it('is Ready when every component is', () => {
    const status = stackStatus(stack(), ok, 'now');
    expect(at(status, 'Ready')).toBe('True AllComponentsReady now');
    expect(at(status, 'Reconciling')).toBe('False Settled now');
    expect(status.observedGeneration).toBe(3);
  });

  it('names the component that is not ready, and goes on reconciling', () => {
    const components = [...ok.components, { name: 'jaeger', ready: false, message: '0 of 1 replicas ready' }];
    const status = stackStatus(stack(), { ...ok, components }, 'now');
    expect(at(status, 'Reconciling')).toContain('True ComponentsNotReady');
    expect(status.conditions[0]?.message).toBe('1 of 2 components ready; jaeger: 0 of 1 replicas ready');
  });

  it('is Stalled, not Reconciling, when the API server refuses an object', () => {
    const status = stackStatus(stack(), { ...ok, stalled: { reason: 'ObjectRefused', message: 'no' }, failures: ['no'] }, 'now');
    expect(at(status, 'Stalled')).toContain('True ObjectRefused');
    expect(at(status, 'Reconciling')).toContain('False');
  });

  it('is not Ready, and goes on reconciling, while errors are tried again', () => {
    const status = stackStatus(stack(), { ...ok, failures: ['no', 'neither'] }, 'now');
    expect([at(status, 'Ready'), at(status, 'Reconciling'), at(status, 'Stalled')]).toEqual([
      'False ApplyFailed now',
      'True ApplyFailed now',
      'False Settled now',
    ]);
    expect(status.conditions[0]?.message).toBe('no; neither');
  });

  it('keeps the transition time while the status of a condition stays what it was', () => {
    const first = stackStatus(stack(), ok, 'then');
    expect(at(stackStatus(stack(first), ok, 'now'), 'Ready')).toContain('then');
    expect(at(stackStatus(stack(first), { ...ok, suspended: true }, 'now'), 'Ready')).toBe('False Suspended now');
  });

  it('keeps what was last applied while a later pass fails, and echoes the reconcile that was asked for', () => {
    const applied = stackStatus(stack(), { ...ok, applied: { digest: 'sha256:1', generation: 3 } }, 'now');
    const asked = stack(applied);
    const annotated = { ...asked, metadata: { ...asked.metadata, annotations: { 'duotel.io/reconcile-at': 'noon' } } };
    const failed = stackStatus(annotated, { ...ok, failures: ['no'] }, 'now');
    expect(failed).toMatchObject({ lastAppliedDigest: 'sha256:1', lastAppliedGeneration: 3, lastHandledReconcileAt: 'noon' });
  });
});

describe('docs/reference/reconcile.md', () => {
  it('says of every reason of a problem what to do', () => {
    const page = readFileSync('docs/reference/reconcile.md', 'utf8');
    expect(Object.keys(PROBLEM_REASONS).filter((reason) => !page.includes(`| \`${reason}\` |`))).toEqual([]);
  });
});
