import { describe, expect, it } from '@jest/globals';
import { type Disposal, WorkQueue } from '../../../src/controller/work-queue.ts';
import { systemClock } from '../../../src/kube/system-clock.ts';

const queue = (): WorkQueue => new WorkQueue({ clock: systemClock, random: () => 0.5, baseMs: 5 });

/** Runs until `count` keys were worked on, with `work` for each, and returns them in order. */
async function drain(
  target: WorkQueue,
  count: number,
  work: (key: string, nth: number) => Promise<unknown> | unknown,
  concurrency = 1,
): Promise<string[]> {
  const stop = new AbortController();
  const done: string[] = [];
  await target.run(
    async (key) => {
      done.push(key);
      const nth = done.length;
      try {
        return (await work(key, nth)) as Disposal | undefined;
      } finally {
        if (nth >= count) stop.abort();
      }
    },
    stop.signal,
    concurrency,
  );
  return done;
}

describe('WorkQueue', () => {
  it('works once on a key that was added many times', async () => {
    const target = queue();
    for (const key of ['a', 'b', 'a', 'a']) target.add(key);
    expect(target.depth()).toBe(2);
    expect(await drain(target, 2, () => undefined)).toEqual(['a', 'b']);
  });

  it('puts what a person waits for before the rest', async () => {
    const target = queue();
    target.add('list', 'resync');
    target.add('drift', 'drift');
    target.add('person', 'user');
    target.add('list', 'user');
    expect(await drain(target, 3, () => undefined)).toEqual(['person', 'list', 'drift']);
  });

  it('begins one key in a turn of the event loop, so that answers are read in between', async () => {
    const target = queue();
    for (const key of ['a', 'b', 'c']) target.add(key);
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn += 1;
      if (counting) setImmediate(count);
    };
    count();
    const begun: number[] = [];
    await drain(target, 3, () => begun.push(turn), 3);
    counting = false;
    expect(new Set(begun).size).toBe(3);
  });

  it('works again on a key that was added while it was worked on, and never twice at once', async () => {
    const target = queue();
    let active = 0;
    let most = 0;
    target.add('a');
    const done = await drain(
      target,
      2,
      async (_key, nth) => {
        active += 1;
        most = Math.max(most, active);
        if (nth === 1) target.add('a');
        await systemClock.sleep(5);
        active -= 1;
      },
      4,
    );
    expect(done).toEqual(['a', 'a']);
    expect(most).toBe(1);
  });

  it('tries a key that failed again', async () => {
    const target = queue();
    target.add('a');
    const done = await drain(target, 3, (_key, nth) => {
      if (nth < 3) throw new Error('not yet');
    });
    expect(done).toEqual(['a', 'a', 'a']);
  });

  it('works again after the time that was asked for, and not on a key that is to be forgotten', async () => {
    const target = queue();
    target.add('a');
    target.add('b');
    const done = await drain(target, 3, (key, nth) => (key === 'a' && nth < 3 ? { type: 'after', ms: 5 } : { type: 'forget' }));
    expect(done).toEqual(['a', 'b', 'a']);
  });

  it('does not work at once on a key whose time is further off than a timer can count', async () => {
    const target = queue();
    target.addAfter('far', 600 * 3_600_000);
    await systemClock.sleep(20);
    expect(target.depth()).toBe(0);
    target.add('near');
    expect(await drain(target, 1, () => undefined)).toEqual(['near']);
  });

  it('lets kinds take turns, so that a few of one do not wait for all of another', async () => {
    const target = queue();
    for (let i = 0; i < 5; i += 1) target.add(`Deployment/n/d${i}`);
    target.add('CronJob/n/c0');
    target.add('CronJob/n/c1');
    const done = await drain(target, 7, () => undefined);
    expect(done.map((key) => key.split('/').pop())).toEqual(['d0', 'c0', 'd1', 'c1', 'd2', 'd3', 'd4']);
  });

  it('keeps the priority of a key that failed', async () => {
    const target = queue();
    target.add('person', 'user');
    let taken = '';
    const stop = new AbortController();
    await target.run(async (_key, { priority, failures }) => {
      taken += `${priority}${failures} `;
      if (failures === 1) stop.abort();
      return { type: 'retry' };
    }, stop.signal);
    expect(taken).toBe('user0 user1 ');
  });

  it('takes a key that is to come twice at the earlier time and with the better priority, in whatever order it was told', async () => {
    for (const times of [
      [60_000, 'user', 5, 'resync'],
      [5, 'resync', 60_000, 'user'],
      [5, 'drift', 60_000, 'user'],
      [60_000, 'resync', 5, 'user'],
    ] as const) {
      const target = queue();
      target.addAfter('a', times[0], times[1]);
      target.addAfter('a', times[2], times[3]);
      const stop = new AbortController();
      let taken: string | undefined;
      await target.run(async (_key, { priority }) => {
        taken = priority;
        stop.abort();
        return undefined;
      }, stop.signal);
      expect(taken).toBe('user');
    }
  });

  it('says how long a key has waited and how many are in hand', async () => {
    const target = queue();
    target.add('a');
    await systemClock.sleep(20);
    const stop = new AbortController();
    await target.run(async (_key, { waitedMs }) => {
      expect(waitedMs).toBeGreaterThanOrEqual(15);
      expect(target.running()).toHaveLength(1);
      stop.abort();
      return undefined;
    }, stop.signal);
    expect(target.running()).toHaveLength(0);
  });

  it('ends when it is told to, with idle workers', async () => {
    const stop = new AbortController();
    const running = queue().run(async () => undefined, stop.signal, 3);
    stop.abort();
    await running;
  });
});
