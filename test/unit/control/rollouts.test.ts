import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import { Rollouts } from '../../../src/control/rollouts.ts';
import { workloadKey } from '../../../src/control/workload-index.ts';
import { planWorkload } from '../../../src/inject/plan.ts';
import { after, input, stack, workload } from '../../support/injection.ts';
import { listingApi } from '../../support/listing-api.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A Deployment with an injection of which one pod of two is there. */
function halfway(name: string): KubeObject {
  const asked = workload({ name, annotations: { 'duotel.io/backend': 'both' }, spec: { selector: { matchLabels: { app: name } } } });
  const injected = after(asked, planWorkload(input(asked, { healthy: true })));
  return { ...injected, status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1, availableReplicas: 1 } };
}

/** How often the pods of so many rollouts that come no further are listed in a minute. */
async function looksInAMinute(count: number): Promise<number> {
  const clock = new VirtualClock();
  const api = listingApi([]);
  let looks = 0;
  const list: typeof api.list = (...args) => {
    looks += 1;
    return api.list(...args);
  };
  const workloads = new Map(Array.from({ length: count }, (_, index) => halfway(`app-${index}`)).map((one) => [workloadKey(one), one]));
  const look = async (key: string): Promise<void> => {
    const one = workloads.get(key);
    if (one !== undefined) expect(await rollouts.failure(one, [stack()])).toBeUndefined();
  };
  const rollouts = new Rollouts({ api: { ...api, list }, clock, requeue: (key, ms) => void clock.sleep(ms).then(() => look(key)) });
  await Promise.all([...workloads.keys()].map(look));
  looks = 0;
  await clock.advance(60_000);
  return looks;
}

describe('the pods of rollouts', () => {
  it('are looked at every 3 seconds', async () => {
    expect(await looksInAMinute(10)).toBe(200);
  });
  it('are looked at 20 times a second at most, however many there are', async () => {
    const looks = await looksInAMinute(150);
    expect(looks).toBeGreaterThan(1000);
    expect(looks).toBeLessThanOrEqual(1200);
  });
});

describe('a place that is free', () => {
  /** A Deployment with one pod that is available; `mixed`: amid a rollout of its owner's. */
  const running = (name: string, mixed = false): KubeObject => ({
    ...workload({ name, annotations: { 'duotel.io/backend': 'both' } }),
    status: { observedGeneration: 1, replicas: mixed ? 2 : 1, updatedReplicas: 1, availableReplicas: 1 },
  });
  const config = stack('duotel', { maxConcurrentRollouts: 10, maxConcurrentRolloutsPerNamespace: 1 });

  it('is offered to those that wait for one, however many hang in rollouts of their own', async () => {
    const woken: string[] = [];
    const rollouts = new Rollouts({ api: listingApi([]), clock: new VirtualClock(), requeue: (key) => woken.push(key) });
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(rollouts.admit(running(name, true), config, false).kind).toBe('wait');
    expect(rollouts.admit(running('first'), config, false).kind).toBe('go');
    expect(rollouts.admit(running('next'), config, false)).toMatchObject({ kind: 'wait', reason: 'WaitingInQueue' });
    rollouts.end('Deployment/shop/first');
    expect(woken).toEqual(['Deployment/shop/next']);
  });
});
