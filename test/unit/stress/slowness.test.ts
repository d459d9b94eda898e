import { expect, it } from '@jest/globals';
import { slowness } from '../../support/time/slowness.ts';

/** A machine that gives a program one millisecond of so many. */
function sharing(of: number): Parameters<typeof slowness>[0] {
  let cpu = 0;
  return { wall: () => cpu * of, cpu: () => ++cpu };
}

it.each([
  [1, 1],
  [3, 3],
  // The two clocks are not read at the same moment.
  [0.9, 1],
])('a program that gets one millisecond of %d is slower by %d', (of, expected) => {
  expect(slowness(sharing(of))).toBeCloseTo(expected, 0);
});

it('this machine is no faster than idle', () => {
  expect(slowness()).toBeGreaterThanOrEqual(1);
});
