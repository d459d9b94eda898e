import { describe, expect, it } from '@jest/globals';
import type { ManagedFieldsEntry } from '../../../api/kube-object.ts';
import { takenFrom, takenOver } from '../../../src/apply/take-over.ts';

const LAST_APPLIED = 'f:kubectl.kubernetes.io/last-applied-configuration';
const SPEC = { 'f:spec': { 'f:replicas': {} } };
const entry = (manager: string, operation: string, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation,
  fieldsV1: SPEC,
  ...more,
});
const OTHER = entry('kube-controller-manager', 'Update');

describe('what kubectl has applied', () => {
  it.each([
    ['server-side', 'kubectl', 'Apply'],
    ['client-side', 'kubectl-client-side-apply', 'Update'],
  ])('%s becomes our apply entry, in its place, and the others stay', (_, manager, operation) => {
    const entries = [OTHER, entry(manager, operation), entry('hpa', 'Update')];
    expect(takenOver(entries)).toEqual([OTHER, entry('duotel', 'Apply'), entry('hpa', 'Update')]);
    expect(takenFrom(entries)).toBe(manager);
  });

  it.each([
    ['we have applied ourselves', [entry('duotel', 'Apply'), entry('kubectl', 'Apply')]],
    ['it only changed something', [entry('kubectl', 'Update'), entry('kubectl-edit', 'Update')]],
    ['it is about the status', [entry('kubectl', 'Apply', { subresource: 'status' })]],
    ['another tool applied', [entry('helm', 'Apply'), OTHER]],
    ['nobody did', []],
  ])('is not touched where %s', (_, entries) => {
    expect(takenOver(entries)).toBeUndefined();
    expect(takenFrom(entries)).toBeUndefined();
  });

  it('is taken also where an entry of ours is there that applied nothing', () => {
    expect(takenOver([entry('duotel', 'Update'), entry('kubectl', 'Apply')])?.[1]).toMatchObject({ manager: 'duotel', operation: 'Apply' });
  });

  it('comes without the annotation that kubectl keeps for itself, and without a map that would hold nothing else', () => {
    const ours = (annotations: object): unknown => {
      const fieldsV1 = { ...SPEC, 'f:metadata': { 'f:labels': {}, 'f:annotations': annotations } };
      return takenOver([entry('kubectl-client-side-apply', 'Update', { fieldsV1 })])?.[0]?.fieldsV1?.['f:metadata'];
    };
    expect(ours({ '.': {}, [LAST_APPLIED]: {} })).toEqual({ 'f:labels': {} });
    expect(ours({ '.': {}, [LAST_APPLIED]: {}, 'f:mine': {} })).toEqual({ 'f:labels': {}, 'f:annotations': { '.': {}, 'f:mine': {} } });
  });
});
