import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { decideWorkload } from '../../../src/inject/decision/decide-workload.ts';
import { podTemplate } from '../../../src/inject/workload/pod-template.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { Rollouts } from '../../../src/workloads/rollouts.ts';
import { workloadKey } from '../../../src/workloads/workload-index.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { VirtualClock } from '../../support/time/virtual-clock.ts';
import { after, input, stack, workload } from '../../support/workloads/injection.ts';

/** A Deployment with an injection of which one pod of two is there. */
function halfway(name: string): KubeObject {
  const asked = workload({ name, annotations: { 'duotel.io/backend': 'both' }, spec: { selector: { matchLabels: { app: name } } } });
  const injected = after(asked, decideWorkload(input(asked, { healthy: true })));
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

describe('the rollout of an injection', () => {
  const DEADLINE_S = 600;
  const config = stack('duotel', { autoRollback: { enabled: true, deadline: `${DEADLINE_S}s` } });
  const CRASHED = {
    name: 'app',
    restartCount: 2,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
  };
  const READY = { conditions: [{ type: 'Ready', status: 'True' }] };
  const injected = halfway('app');
  const through = { ...injected, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } };
  const backAgain = { ...injected, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 0 } };
  const podOf = (from: KubeObject, status: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app-0', namespace: 'shop' },
    spec: podTemplate(from)?.spec,
    status,
  });
  const failing = podOf(injected, { containerStatuses: [CRASHED] });

  /** Looks at the workload as it is at these times, in seconds, with the pods there; the last answer. */
  async function verdict(
    looks: readonly (readonly [seconds: number, workload: KubeObject, pods?: readonly KubeObject[]])[],
    configs = [config],
  ): Promise<string | undefined> {
    const clock = new VirtualClock();
    let there: readonly KubeObject[] = [];
    const list: KubeApi['list'] = (...args) => listingApi(there).list(...args);
    const rollouts = new Rollouts({ api: { ...listingApi([]), list }, clock, requeue: () => undefined });
    // A look at the very start finds the rollout that an earlier process began, if it is one.
    expect(await rollouts.failure(looks[0]?.[1] ?? injected, configs)).toBeUndefined();
    let said: string | undefined;
    for (const [seconds, one, pods = []] of looks) {
      there = pods;
      await clock.advance(seconds * 1000 - clock.now());
      said = await rollouts.failure(one, configs);
    }
    return said;
  }

  it('is taken back when a pod of it fails', async () => {
    expect(await verdict([[10, injected, [failing]]])).toContain('container app crashed 2 times');
  });

  it('is taken back when a pod fails soon after it was through, and not long after', async () => {
    expect(
      await verdict([
        [1, injected],
        [10, through],
        [60, backAgain, [failing]],
      ]),
    ).toContain('crashed');
    expect(
      await verdict([
        [1, injected],
        [10, through],
        [110, backAgain, [failing]],
      ]),
    ).toBeUndefined();
  });

  it('is taken back when its controller gives up, or none of its pods is ready at the deadline', async () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    const givenUp = { ...injected, status: { ...(injected['status'] as object), conditions } };
    expect(
      await verdict([
        [10, injected],
        [11, givenUp],
      ]),
    ).toContain('ProgressDeadlineExceeded');
    expect(await verdict([[DEADLINE_S - 5, injected, [podOf(injected, {})]]])).toBeUndefined();
    expect(await verdict([[DEADLINE_S + 5, injected, [podOf(injected, {})]]])).toBe('none of 1 new pods was ready after 600 s');
    expect(await verdict([[DEADLINE_S + 5, injected, [podOf(injected, {}), podOf(injected, READY)]]])).toBeUndefined();
  });

  it('stays when the pods that fail are those of before, or nothing says that it was at fault', async () => {
    const before = podOf(workload({ name: 'app' }), { containerStatuses: [CRASHED] });
    expect(await verdict([[10, injected, [before]]])).toBeUndefined();
    const spec = injected['spec'] as { readonly template: object };
    const changed = { ...injected, spec: { ...spec, template: { ...spec.template, changed: true } } };
    expect(
      await verdict([
        [1, injected],
        [10, changed, [failing]],
      ]),
    ).toBeUndefined();
    expect(await verdict([[10, backAgain, [failing]]])).toBeUndefined();
    const unasked = stack('duotel', { autoRollback: { enabled: false, deadline: '600s' } });
    expect(await verdict([[10, injected, [failing]]], [unasked])).toBeUndefined();
    expect(await verdict([[10, injected, [failing]]], [{ ...config, stack: { namespace: 'duotel', name: 'other' } }])).toBeUndefined();
  });
});

describe('a place for a rollout', () => {
  const config = stack('duotel', { maxConcurrentRollouts: 1, maxConcurrentRolloutsPerNamespace: 1 });
  const running = (name: string): KubeObject => ({
    ...workload({ name, annotations: { 'duotel.io/backend': 'both' } }),
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  });

  it('is free again when the rollout is through, when it takes too long, and when it is none any more', async () => {
    const clock = new VirtualClock();
    const woken: string[] = [];
    const rollouts = new Rollouts({
      api: listingApi([]),
      clock,
      requeue: (key, ms) => {
        if (ms === 0) woken.push(key);
      },
    });
    const asked = running('first');
    const injected = after(asked, decideWorkload(input(asked, { healthy: true, stacks: [config] })));
    const rolling = { ...injected, status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1, availableReplicas: 1 } };
    const take = (): unknown => rollouts.admit(asked, config, false).kind;
    const isFree = (): boolean => {
      const { kind } = rollouts.admit(running('next'), config, false);
      rollouts.end('Deployment/shop/next');
      return kind === 'go';
    };

    expect([take(), isFree()]).toEqual(['go', false]);
    rollouts.admit(running('next'), config, false);
    await rollouts.failure(rolling, [config]);
    expect([isFree(), woken]).toEqual([false, []]);
    rollouts.admit(running('next'), config, false);
    await rollouts.failure(injected, [config]);
    expect(woken).toEqual(['Deployment/shop/next']);
    expect(isFree()).toBe(true);

    // Nobody wants to know of its pods.
    rollouts.end('Deployment/shop/first');
    expect(take()).toBe('go');
    await rollouts.failure(rolling, []);
    expect(isFree()).toBe(false);
    await clock.advance(15 * 60_000 + 1);
    await rollouts.failure(rolling, []);
    expect(isFree()).toBe(true);

    // Taken back: it has no record.
    expect(take()).toBe('go');
    await rollouts.failure({ ...asked, status: rolling.status }, [config]);
    expect(isFree()).toBe(true);
  });

  it('is not offered to who has it or wants it no more, and how long it was waited for is told', async () => {
    const clock = new VirtualClock();
    const woken: string[] = [];
    const rollouts = new Rollouts({ api: listingApi([]), clock, requeue: (key) => woken.push(key) });
    rollouts.admit(running('first'), config, false);
    rollouts.admit(running('next'), config, false);
    await clock.advance(5000);
    rollouts.admit(running('next'), config, false);
    expect([rollouts.waited('Deployment/shop/next'), rollouts.waited('Deployment/shop/first')]).toEqual([5000, 0]);
    rollouts.end('Deployment/shop/first');
    expect(rollouts.admit(running('next'), config, false).kind).toBe('go');
    await clock.advance(5000);
    expect(rollouts.waited('Deployment/shop/next')).toBe(0);
    rollouts.admit(running('other'), config, false);
    rollouts.standDown('Deployment/shop/other');
    woken.length = 0;
    rollouts.end('Deployment/shop/next');
    expect(woken).toEqual([]);
  });

  it('is still its own when its injection is written once more', () => {
    const rollouts = new Rollouts({ api: listingApi([]), clock: new VirtualClock(), requeue: () => undefined });
    expect([running('a'), running('a'), running('b')].map((one) => rollouts.admit(one, config, false).kind)).toEqual(['go', 'go', 'wait']);
  });
});
