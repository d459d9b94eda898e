import { describe, expect, it } from '@jest/globals';
import { ANNOTATION } from '../../../../api/annotations.ts';
import type { KubeObject } from '../../../../api/kube-object.ts';
import type { OutcomeReason } from '../../../../api/reason.ts';
import { REASONS } from '../../../../api/reason.ts';
import { statusReport, statusTables } from '../../../../src/cli/output/status-report.ts';
import { parseStatusLine } from '../../../../src/cli/output/workload-row.ts';
import { outcome } from '../../../../src/inject/decision/outcome.ts';
import type { BarePod } from '../../../../src/survey/bare-pods.ts';

function stack(ready: 'True' | 'False', observedGeneration = 1): KubeObject {
  return {
    apiVersion: 'duotel.io/v1alpha1',
    kind: 'TelemetryStack',
    metadata: { name: 'duotel', namespace: 'duotel', generation: 1 },
    status: {
      observedGeneration,
      conditions: [{ type: 'Ready', status: ready, reason: 'AllComponentsReady', message: '3 of 3 components ready' }],
      components: [{ name: 'jaeger', ready: ready === 'True', message: '1 of 1 replicas ready' }],
    },
  };
}

function workload(annotations: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'my-rag', namespace: 'demo', annotations } };
}

function barePod(asked: BarePod['asked']): BarePod {
  const message = 'make it a Deployment';
  return { namespace: 'demo', kind: 'Pod', name: 'debug', backend: 'both', state: 'blocked', reason: 'UnsupportedKind', message, asked };
}

const OUTCOMES = (Object.keys(REASONS) as (keyof typeof REASONS)[]).filter(
  (reason): reason is OutcomeReason => REASONS[reason].state !== 'note',
);

describe('a status line', () => {
  it.each(OUTCOMES)('of %s gives back its state and reason', (reason) => {
    expect(parseStatusLine(outcome(reason, 'container "app": is x, expected y').line)).toMatchObject({
      reason,
      state: REASONS[reason].state,
    });
  });

  it('keeps the message as it was', () => {
    expect(parseStatusLine(outcome('UnknownContainer', 'duotel.io/containers: no "ap", did you mean "app"?').line).message).toBe(
      'duotel.io/containers: no "ap", did you mean "app"?',
    );
  });

  it('of another release is shown as it is, and is not taken for a success', () => {
    expect(parseStatusLine('Glorified both')).toEqual({ state: 'unseen', reason: 'NotUnderstood', message: 'Glorified both' });
  });
});

describe('the status report', () => {
  it('is ok when the stack is ready and what is annotated is injected', () => {
    expect(statusReport([stack('True')], [workload({ [ANNOTATION.backend]: 'both', [ANNOTATION.status]: 'Injected both' })])).toMatchObject(
      {
        ok: true,
        workloads: [{ state: 'injected', reason: 'Injected', backend: 'both' }],
      },
    );
  });

  it('is not ok without a stack, with one that is not ready, and with one whose status is of an older spec', () => {
    for (const stacks of [[], [stack('False')], [stack('True', 0)]]) expect(statusReport(stacks, []).ok).toBe(false);
  });

  it('is not ok when a workload is blocked or the operator has not looked at it', () => {
    const blocked = workload({ [ANNOTATION.backend]: 'boht', [ANNOTATION.status]: 'Blocked InvalidAnnotation: did you mean "both"?' });
    const unseen = workload({ [ANNOTATION.backend]: 'both' });
    for (const object of [blocked, unseen]) expect(statusReport([stack('True')], [object]).ok).toBe(false);
  });

  it('leaves out workloads that are not annotated', () => {
    expect(statusReport([stack('True')], [workload({ other: 'x' })]).workloads).toEqual([]);
  });

  it('shows people the stack, its components, and each workload with the reason', () => {
    const blocked = workload({ [ANNOTATION.backend]: 'boht', [ANNOTATION.status]: 'Blocked InvalidAnnotation: did you mean "both"?' });
    expect(statusTables(statusReport([stack('True')], [blocked]))).toBe(
      [
        'NAMESPACE  STACK   COMPONENT  READY  REASON              MESSAGE',
        'duotel     duotel             True   AllComponentsReady  3 of 3 components ready',
        '                   jaeger     True                       1 of 1 replicas ready',
        '',
        'NAMESPACE  WORKLOAD           BACKEND  STATE    REASON             MESSAGE',
        'demo       deployment/my-rag  boht     blocked  InvalidAnnotation  did you mean "both"?',
        '',
      ].join('\n'),
    );
  });

  it('is not ok when a bare Pod is annotated itself, and is when its Namespace alone asks of it', () => {
    const ok = (asked: BarePod['asked']) => statusReport([stack('True')], [], { barePods: [barePod(asked)], notes: [] }).ok;
    expect([ok('itself'), ok('pods'), ok('namespace')]).toEqual([false, false, true]);
  });

  it('shows people bare Pods, and what could not be looked at', () => {
    const bare = { barePods: [barePod('itself')], notes: ['bare Jobs were not looked at: you may not list jobs'] };
    expect(
      statusTables(statusReport([stack('True')], [], bare))
        .split('\n')
        .slice(-6),
    ).toEqual([
      '',
      'NAMESPACE  NOT INJECTED  BACKEND  ASKED BY  REASON           MESSAGE',
      'demo       pod/debug     both     itself    UnsupportedKind  make it a Deployment',
      '',
      'note: bare Jobs were not looked at: you may not list jobs',
      '',
    ]);
  });

  it('speaks of the workloads alone, where stacks may not be listed', () => {
    const injected = workload({ [ANNOTATION.backend]: 'both', [ANNOTATION.status]: 'Injected both' });
    const report = statusReport(undefined, [injected, workload({ [ANNOTATION.backend]: 'none' })]);
    expect(report).toMatchObject({ ok: true, stacksSeen: false, workloads: [{ reason: 'Injected' }, { reason: 'OptedOut' }] });
    expect(statusTables(report)).not.toContain('No TelemetryStack');
    expect(statusTables(report)).toContain('note: TelemetryStacks are left out: you may not list telemetrystacks in namespace duotel');
    expect(statusReport(undefined, [workload({ [ANNOTATION.backend]: 'both' })]).ok).toBe(false);
  });

  it('says what to do where there is nothing to show', () => {
    expect(statusTables(statusReport([], []))).toMatch(/kubectl apply -f dist[\s\S]*kubectl annotate/);
  });

  it('says how a stack comes back that somebody deleted, which applying dist does not bring', () => {
    expect(statusTables(statusReport([], []))).toContain(
      "get configmap duotel-default-stack -o jsonpath='{.data.telemetrystack\\.yaml}' | kubectl apply --server-side --field-manager=duotel-default -f -",
    );
  });
});
