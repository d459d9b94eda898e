import type { Figure } from './figure.ts';
import type { Verdict } from './ranges.ts';

/** What a run of the benchmark found, as `--output json` prints it. */
export interface BenchResult {
  readonly commit: string;
  readonly started: string;
  readonly machine: {
    readonly cpus: number;
    readonly model: string;
    readonly memoryGb: number;
    readonly loadBefore: number;
    readonly loadAfter: number;
  };
  readonly node: string;
  readonly figures: readonly Figure[];
}

function text({ unit, value }: Figure): string {
  switch (unit) {
    case 's':
      return `${value < 1 ? value.toFixed(3) : value.toFixed(1)} s`;
    case 'ms':
      return `${value.toFixed(0)} ms`;
    case 'MB':
      return `${value.toFixed(0)} MB`;
    case 'ratio':
      return value.toFixed(2);
    case 'per second':
      return `${value.toFixed(0)}/s`;
    case 'requests':
      return Number.isInteger(value) ? String(value) : value.toFixed(2);
    case 'writes':
    case 'objects':
      return String(value);
    default:
      return unit satisfies never;
  }
}

/** The figures as a Markdown table, with their targets. Figures of CPU time stay in the JSON. */
export function benchMarkdown(result: BenchResult, verdicts: readonly Verdict[]): string {
  const { machine } = result;
  const rows = verdicts
    .filter(({ figure }) => !figure.id.endsWith('/user-cpu'))
    .map(({ figure, range, targetMet }) => {
      const spread =
        figure.runs.length > 1
          ? `${text({ ...figure, value: Math.min(...figure.runs) })} to ${text({ ...figure, value: Math.max(...figure.runs) })}`
          : '';
      const target = range?.target === undefined ? '' : `<= ${text({ ...figure, value: range.target })}`;
      return `| ${figure.what} | ${text(figure)} | ${spread} | ${target} | ${targetMet === undefined ? '' : targetMet ? 'met' : 'missed'} |`;
    });
  return [
    `Commit ${result.commit}, ${result.started}, Node ${result.node}, ${machine.cpus} CPUs (${machine.model}), ${machine.memoryGb.toFixed(0)} GB, load ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after.`,
    '',
    '| what | median | runs | target | |',
    '|---|---:|---|---:|---|',
    ...rows,
    '',
  ].join('\n');
}
