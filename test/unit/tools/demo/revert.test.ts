import { describe, expect, it } from '@jest/globals';
import type { Rollout } from '../../../../tools/demo/deployment.ts';
import { revertChecks } from '../../../../tools/demo/journey.ts';

const rollout = (set: string, template: string, annotations = {}, managers = ['kubectl-client-side-apply']): Rollout => ({
  template,
  replicaSet: { name: `my-rag-${set}`, uid: set },
  pod: `my-rag-${set}-1`,
  annotations,
  managers,
});
const BEFORE = rollout('a', '{}');
const DURING = rollout('b', '{"env":1}');
const failed = (after: Rollout) => revertChecks(BEFORE, DURING, after).filter(({ state }) => state === 'failed');

describe('a revert', () => {
  it('is exact when the former ReplicaSet and the former template are back', () => {
    expect(failed(rollout('a', '{}', { 'duotel.io/status': 'Reverted' }))).toEqual([]);
  });

  it('is not exact with a third ReplicaSet', () => {
    expect(failed(rollout('c', '{}')).map(({ what }) => what)).toEqual(['same ReplicaSet as before']);
  });

  it('is not exact with one byte more in the template', () => {
    expect(failed(rollout('a', '{ }')).map(({ what }) => what)).toEqual(['template equal, byte for byte']);
  });

  it('is not exact while an annotation or a field of ours is left, and says which', () => {
    expect(failed(rollout('a', '{}', { 'duotel.io/injected': '{}' }, ['duotel']))).toMatchObject([
      { found: 'duotel.io/injected, field manager duotel' },
    ]);
  });
});
