import { slowness } from './slowness.ts';

/**
 * Whether `seconds` have gone by since `begun` (of performance.now()), and as much more as this machine is slow: what is promised in
 * seconds is promised where the product gets the time to run.
 */
export function isOver(begun: number, seconds: number): boolean {
  const gone = (performance.now() - begun) / 1000;
  return gone >= seconds && gone >= seconds * slowness();
}
