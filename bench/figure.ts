import { median } from '../tools/scale/statistics.ts';

/** One number that a benchmark found. */
export interface Figure {
  /** Stable name, `part/what/who`: key in ranges.json. */
  readonly id: string;
  /** What it is, for people. */
  readonly what: string;
  readonly unit: 's' | 'ms' | 'MB' | 'requests' | 'writes' | 'per second' | 'ratio' | 'objects';
  /** Median of the runs. */
  readonly value: number;
  readonly runs: readonly number[];
  readonly note?: string;
}

/** The figure of several runs. */
export function figure(id: string, what: string, unit: Figure['unit'], runs: readonly number[], note?: string): Figure {
  return { id, what, unit, value: median(runs), runs, ...(note !== undefined && { note }) };
}

/** Ratio of two figures of the same run; `best`: of several peers, the smallest counts. */
export function ratio(id: string, what: string, ours: Figure, best: readonly Figure[]): Figure {
  const least = best.toSorted((a, b) => a.value - b.value)[0];
  if (least === undefined) throw new Error(`${id}: nothing to compare with`);
  return { id, what, unit: 'ratio', value: ours.value / least.value, runs: [], note: `${ours.id} / ${least.id}` };
}
