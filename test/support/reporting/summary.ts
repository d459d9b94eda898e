import { formatDuration } from '../../../tools/lib/progress.ts';
import type { SuiteResult } from './suite-result.ts';
import type { TierResult } from './tier-result.ts';

const SLOWEST = 10;

/**
 * The last lines of a whole run: the slowest suites, the time by tier, and what failed. What failed comes last, because the end of a long
 * output is what one sees. `tiers` names all that should have run, in their order; one without a result is shown as not run.
 */
export function summary(tiers: readonly string[], results: readonly TierResult[], suites: readonly SuiteResult[]): string {
  return [slowest(suites), byTier(tiers, results), failures(results, suites)].filter((part) => part !== '').join('\n\n');
}

function slowest(suites: readonly SuiteResult[]): string {
  const first = suites.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST);
  if (first.length === 0) return '';
  const lines = first.map(({ suite, milliseconds }) => `  ${formatDuration(milliseconds).padStart(6)}  ${suite}`);
  return [`The ${first.length === 1 ? 'slowest suite' : `${first.length} slowest suites`}:`, ...lines].join('\n');
}

function byTier(tiers: readonly string[], results: readonly TierResult[]): string {
  const width = Math.max(...tiers.map(({ length }) => length)) + 2;
  const lines = tiers.map((tier) => {
    const result = results.find((one) => one.tier === tier);
    return `${tier.padEnd(width)}${result ? `${result.outcome}  ${formatDuration(result.milliseconds)}` : 'not run'}`;
  });
  return lines.join('\n');
}

function failures(results: readonly TierResult[], suites: readonly SuiteResult[]): string {
  const lines = suites.flatMap((suite) => failuresOf(suite).map((text) => `  ${suite.suite}: ${text}`));
  const silent = results.filter(({ tier, outcome }) => outcome === 'FAILED' && !suites.some((suite) => explains(suite, tier)));
  lines.push(...silent.map(({ tier }) => `  ${tier}: failed without a failed test; its output above says why`));
  return lines.length === 0 ? '' : ['Failed:', ...lines].join('\n');
}

/** What failed in one run of a suite: full names of tests, and that the suite itself did not end well. */
export function failuresOf({ failed, broken }: SuiteResult): readonly string[] {
  return broken ? [...failed, '(the suite did not run to its end)'] : failed;
}

/** Whether a failure of this suite is the reason for which the step failed: "test:unit" and "check:manifests" name their tier. */
function explains(suite: SuiteResult, step: string): boolean {
  const tier = step === 'check:manifests' ? 'checks' : step.slice(step.indexOf(':') + 1);
  return suite.tier === tier && failuresOf(suite).length > 0;
}
