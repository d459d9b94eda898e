import { describe, expect, it } from '@jest/globals';
import { Repeats } from '../../../../src/workloads/write/repeats.ts';

describe('an injection that somebody else takes out again and again', () => {
  const start = () => {
    let now = 0;
    const repeats = new Repeats({ now: () => now, sleep: async () => undefined });
    const times = (count: number, what = 'record') => {
      for (let made = 0; made < count; made += 1) repeats.add('Deployment/shop/x', what);
    };
    const verdict = (what = 'record') => repeats.tooOften('Deployment/shop/x', what);
    return { repeats, times, verdict, pass: (ms: number) => (now += ms) };
  };

  it('is made five times more, and then left out', () => {
    const { times, verdict } = start();
    times(5);
    expect(verdict()).toBeUndefined();
    times(1);
    expect(verdict()).toContain('5 times within an hour');
  });

  it('is made again after an hour', () => {
    const { times, verdict, pass } = start();
    times(6);
    pass(60 * 60_000 + 1);
    expect(verdict()).toBeUndefined();
  });

  it('is another one when the annotations ask for something else, or asked for nothing in between', () => {
    const { repeats, times, verdict } = start();
    times(6);
    expect(verdict('other')).toBeUndefined();
    repeats.forget('Deployment/shop/x');
    expect(verdict()).toBeUndefined();
  });
});
