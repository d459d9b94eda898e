import { describe, expect, it } from '@jest/globals';
import { ApplyMemory } from '../../../src/apply/memory.ts';
import { decide } from '../../../src/apply/plan.ts';
import { DEFAULT_POLICIES } from '../../../src/apply/policies.ts';
import { kubeObject } from '../../support/objects/kube-object.ts';

describe('an object that others change back', () => {
  const desired = kubeObject('ConfigMap', { data: { a: 'ours' } });
  const theirs = kubeObject('ConfigMap', { data: { a: 'theirs' } });

  it('is repaired at once a few times, then less and less often, and at once again after a quiet time', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const writes: number[] = [];
    const pass = (): void => {
      const action = decide(desired, theirs, new Map(), DEFAULT_POLICIES, memory);
      if (action.type !== 'update') return;
      writes.push(now);
      memory.learn([{ action, outcome: 'updated', object: desired }], []);
    };
    for (; now < 600_000; now += 100) pass();
    // The first write, five repairs, then after 1, 2, 4 ... 256 seconds; the next would be 300 s later.
    expect(writes.length).toBe(1 + 5 + 9);
    expect(memory.contest(desired)?.message).toContain('somebody sets data.a again and again');
    now += 2_000_000;
    expect(memory.contest(desired)).toBeUndefined();
    pass();
    pass();
    expect(writes.length).toBe(1 + 5 + 9 + 2);
  });

  it('is looked at again when it may be written, and after that when it has been quiet for long', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const action = decide(desired, theirs, new Map(), DEFAULT_POLICIES);
    const write = (): void => memory.learn([{ action, outcome: 'updated', object: desired }], []);
    for (let first = 0; first < 5; first += 1) write();
    expect(memory.contest(desired)).toBeUndefined();
    write();
    write();
    expect([memory.pause(desired), memory.contest(desired)?.ms]).toEqual([2000, 2000]);
    now = 2500;
    expect([memory.pause(desired), memory.contest(desired)?.ms]).toEqual([0, 57_500]);
    now = 60_001;
    expect(memory.contest(desired)).toBeUndefined();
  });

  it('or delete it, is made again in the same rhythm, and the problem says that it is deleted', () => {
    let now = 0;
    const memory = new ApplyMemory(() => now);
    const types = new Set<string>();
    let writes = 0;
    for (; now < 600_000; now += 100) {
      const action = decide(desired, undefined, new Map(), DEFAULT_POLICIES, memory);
      types.add(action.type);
      if (action.type !== 'create') continue;
      writes += 1;
      memory.learn([{ action, outcome: 'created', object: desired }], []);
    }
    expect(writes).toBe(1 + 5 + 9);
    expect([...types].sort()).toEqual(['create', 'pause']);
    expect(memory.contest(desired)?.message).toContain('somebody deletes it again and again');
    memory.forget(['/ConfigMap/ns/x']);
    expect(decide(desired, undefined, new Map(), DEFAULT_POLICIES, memory).type).toBe('create');
  });
});
