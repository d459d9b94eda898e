import { describe, expect, it } from '@jest/globals';
import { WorkQueue } from '../../../src/control/work-queue.ts';
import { systemClock } from '../../../src/kube/clock.ts';

const queue = (): WorkQueue => new WorkQueue({ clock: systemClock, random: () => 0.5, baseMs: 5 });

/** Runs until `count` keys were worked on, with `work` for each, and returns them in order. */
async function drain(
  target: WorkQueue,
  count: number,
  work: (key: string, nth: number) => Promise<void> | void,
  concurrency = 1,
): Promise<string[]> {
  const stop = new AbortController();
  const done: string[] = [];
  await target.run(
    async (key) => {
      done.push(key);
      const nth = done.length;
      try {
        await work(key, nth);
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
    expect(target.depth).toBe(2);
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

  it('ends when it is told to, with idle workers', async () => {
    const stop = new AbortController();
    const running = queue().run(async () => undefined, stop.signal, 3);
    stop.abort();
    await running;
  });
});
