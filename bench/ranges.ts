import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figure.ts';

/** What is expected of a figure. */
export interface Range {
  /** What the project wants it to be at most. */
  readonly target?: number;
  /** What it may not exceed: above it, `--check` fails. */
  readonly max?: number;
  /** Where the numbers come from. */
  readonly provenance: string;
}

export interface Verdict {
  readonly figure: Figure;
  readonly range: Range | undefined;
  /** undefined: there is no target. */
  readonly targetMet: boolean | undefined;
  readonly inRange: boolean;
}

export function readRanges(path = join(import.meta.dirname, 'ranges.json')): Readonly<Record<string, Range>> {
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly ranges: Readonly<Record<string, Range>> }).ranges;
}

/** A figure that is no number at all is out of range wherever it has one. */
export function judge(figures: readonly Figure[], ranges: Readonly<Record<string, Range>>): readonly Verdict[] {
  return figures.map((figure) => {
    const range = ranges[figure.id];
    const within = (limit: number | undefined): boolean | undefined => (limit === undefined ? undefined : figure.value <= limit);
    return { figure, range, targetMet: within(range?.target), inRange: within(range?.max) ?? true };
  });
}
