import { availableParallelism } from 'node:os';
import { expect, it } from '@jest/globals';
import { BusyLoops } from '../../stress/busy-loops.ts';
import { slowness } from '../../support/time/slowness.ts';

it('a machine is never faster than idle, and slower the more programs want its cores', async () => {
  expect(slowness()).toBeGreaterThanOrEqual(1);
  const loops = BusyLoops.start(4 * availableParallelism());
  try {
    let seen = 0;
    // They take a moment to begin.
    for (let tries = 0; seen < 2 && tries < 200; tries += 1) seen = slowness();
    expect(seen).toBeGreaterThanOrEqual(2);
  } finally {
    await loops.end();
  }
});
