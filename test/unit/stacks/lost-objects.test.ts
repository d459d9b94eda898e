import { describe, expect, it } from '@jest/globals';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { stackPolicies } from '../../../src/stacks/policies.ts';
import { kubeObject } from '../../support/objects/kube-object.ts';

describe('a stack that lost half of its objects or more', () => {
  const share = (lastAppliedGeneration: number, annotations: Record<string, string> = {}): number | undefined =>
    stackPolicies(
      { ...kubeObject('TelemetryStack', { status: { lastAppliedGeneration } }), metadata: { name: 'x', generation: 3, annotations } },
      resolveStackSpec(),
    ).pruneShare;

  it('is a fault of the render when its spec has not changed, unless somebody confirms that very generation', () => {
    expect(share(3)).toBe(0.5);
    expect(share(2)).toBe(1);
    expect(share(3, { 'duotel.io/confirm-prune': '3' })).toBe(1);
    expect(share(3, { 'duotel.io/confirm-prune': '2' })).toBe(0.5);
  });
});
