import { expect, it } from '@jest/globals';
import { eventually } from '../../support/time/eventually.ts';

it('a wait ends with the first value, errors before it do not matter', async () => {
  const looks: (() => number | undefined)[] = [
    () => {
      throw new Error('not there');
    },
    () => undefined,
    () => 7,
    () => 8,
  ];
  expect(await eventually('a number', async () => looks.shift()?.())).toBe(7);
});

it('a wait in vain lasts as long as was promised, and says for what it was and what was seen last', async () => {
  const begun = performance.now();
  const vain = eventually('rain', () => Promise.reject(new Error('sunshine')), 0.3);
  await expect(vain).rejects.toThrow('waited 0.3 s for rain; last seen: sunshine');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(300);
});
