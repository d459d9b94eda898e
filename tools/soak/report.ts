import { median, slope } from '../scale/statistics.ts';
import type { Sample } from './sample.ts';

/** What a run found, as it is written to `report.json`. */
export interface SoakResult {
  readonly commit: string;
  readonly started: string;
  readonly minutes: number;
  readonly seed: number;
  readonly workloads: number;
  readonly stacks: number;
  /** Times that every connection of the operator was cut. */
  readonly cuts: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  readonly end: SoakEnd;
}

export type SoakEnd =
  /** `settledSeconds`: from the last change to the last write of the operator. */
  | {
      readonly type: 'checked';
      readonly settledSeconds: number;
      readonly silentSeconds: number;
      readonly writesInSilence: number;
      readonly faults: readonly string[];
    }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: string };

/** Growth of what a leak would grow, per hour, over the samples after the warm-up (the first quarter, at most 30 minutes). */
export function slopes(samples: readonly Sample[]): Readonly<Record<'rssMb' | 'heapMb' | 'fds' | 'activeResources', number>> {
  const last = samples.at(-1)?.minute ?? 0;
  const warm = samples.filter(({ minute }) => minute >= Math.min(30, last / 4));
  const of = (pick: (sample: Sample) => number | undefined): number =>
    slope(warm.map((sample) => ({ x: sample.minute / 60, y: pick(sample) ?? 0 })));
  return { rssMb: of((s) => s.rssMb), heapMb: of((s) => s.heapMb), fds: of((s) => s.fds), activeResources: of((s) => s.activeResources) };
}

/** Whether the run shows a reconciler that neither lost, leaked nor looped. */
export function passed({ end }: SoakResult): boolean {
  return end.type === 'checked' && end.faults.length === 0 && end.writesInSilence === 0;
}

const number = (value: number | undefined, digits = 0): string => (value === undefined ? '-' : value.toFixed(digits));

const COLUMNS: readonly (readonly [string, (sample: Sample) => string])[] = [
  ['minute', ({ minute }) => number(minute)],
  ['RSS MB', ({ rssMb }) => number(rssMb, 1)],
  ['heap MB', ({ heapMb }) => number(heapMb, 1)],
  ['fds', ({ fds }) => number(fds)],
  ['resources', ({ activeResources }) => number(activeResources)],
  ['CPU s', ({ cpuSeconds }) => number(cpuSeconds, 1)],
  ['changes', ({ changes }) => number(changes)],
  ['writes', ({ writes }) => number(Object.values(writes).reduce((sum, count) => sum + count, 0))],
  ['missed', ({ missedEvents }) => number(missedEvents)],
  ['watch troubles', ({ watchTroubles }) => number(watchTroubles)],
  ['errors', ({ reconcileErrors }) => number(reconcileErrors)],
  ['retries', ({ retries }) => number(retries)],
];

/** The run as Markdown: what it was, its verdict, growth per hour, and at most 25 of its samples. */
export function soakMarkdown(result: SoakResult): string {
  const { samples, end } = result;
  const last = samples.at(-1);
  const growth = slopes(samples);
  const step = Math.max(1, Math.ceil(samples.length / 24));
  const shown = samples.filter((sample, index) => index % step === 0 || sample === last);
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    `Commit ${result.commit}, ${result.started}, ${result.minutes.toFixed(0)} minutes, seed ${result.seed}: ${result.workloads} Deployments, ${result.stacks} TelemetryStacks, all connections cut ${result.cuts} times.`,
    '',
    `- Verdict: ${verdict(end)}.`,
    `- Growth per hour after the warm-up: RSS ${number(growth.rssMb, 2)} MB, heap ${number(growth.heapMb, 2)} MB, file descriptors ${number(growth.fds, 2)}, active resources ${number(growth.activeResources, 2)}.`,
    `- RSS: median ${number(median(samples.map(({ rssMb }) => rssMb)), 1)} MB, peak ${number(last?.peakRssMb, 1)} MB.`,
    `- Changes: ${list(result.changes)}.`,
    `- Writes of the operator: ${list(last?.writes ?? {})}.`,
    '',
    `| ${COLUMNS.map(([title]) => title).join(' | ')} |`,
    `|${COLUMNS.map(() => '---:').join('|')}|`,
    ...shown.map((sample) => `| ${COLUMNS.map(([, cell]) => cell(sample)).join(' | ')} |`),
    '',
  ].join('\n');
}

function verdict(end: SoakEnd): string {
  switch (end.type) {
    case 'checked': {
      const settled = `settled ${end.settledSeconds.toFixed(1)} s after the last change, then ${end.writesInSilence} writes in ${end.silentSeconds} s`;
      if (end.faults.length === 0) return `every workload and stack as it should be; ${settled}`;
      return `${end.faults.length} faults, the first: ${end.faults.slice(0, 5).join('; ')}; ${settled}`;
    }
    case 'interrupted':
      return 'interrupted: the end state was not checked';
    case 'failed':
      return `FAILED: ${end.reason}`;
    default:
      return end satisfies never;
  }
}
