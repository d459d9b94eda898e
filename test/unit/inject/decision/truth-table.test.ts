import { describe, expect, it } from '@jest/globals';
import { REASONS } from '../../../../api/reason.ts';
import { decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import { matchGolden } from '../../../support/assertions/golden.ts';
import { annotationsOf, annotationsReference, truthTable } from '../../../support/workloads/annotations-reference.ts';
import { input, namespaceObject, workload } from '../../../support/workloads/injection.ts';

const TABLE = truthTable();

describe('annotations on the workload, its pod template and its Namespace', () => {
  it.each(TABLE.map((row) => [row.case, row] as const))('%s', (_, row) => {
    const object = workload({
      annotations: annotationsOf(row, 'workload'),
      templateMetadata: { annotations: annotationsOf(row, 'template') },
    });
    const plan = decideWorkload(input(object, { namespace: namespaceObject(annotationsOf(row, 'namespace')) }));
    const mode = plan.action === 'inject' ? ` ${plan.record.backend}` : '';
    expect(plan.outcome === undefined ? 'nothing' : `${plan.outcome.reason}${mode}`).toBe(row.gives);
    const notes = plan.outcome?.notes.map(({ reason }) => reason) ?? [];
    expect(notes.filter((reason) => reason === 'AnnotationOnPodTemplate')).toEqual(row.note === undefined ? [] : [row.note]);
  });

  it('are in the table with each outcome that they alone can bring about', () => {
    const given = new Set(TABLE.map(({ gives }) => gives.split(' ')[0]));
    expect([...given].filter((reason) => reason !== 'nothing' && !Object.hasOwn(REASONS, reason ?? ''))).toEqual([]);
    for (const reason of ['Injected', 'OptedOut', 'InvalidAnnotation', 'UnknownContainer', 'UnknownStack', 'BootstrapUnavailable']) {
      expect(given).toContain(reason);
    }
  });
});

describe('docs/reference/annotations.md', () => {
  it('says what the annotations and the table say', () => {
    matchGolden(new URL('../../../../docs/reference/annotations.md', import.meta.url), annotationsReference());
  });
});
