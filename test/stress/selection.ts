import { ToolError } from '../../tools/lib/tool-error.ts';

/** What is run: suites of one tier. */
export interface Selection {
  readonly tier: string;
  /** Paths from the root of the repository; empty: the whole tier. */
  readonly suites: readonly string[];
}

/**
 * The suites that match the patterns, and their tier, which the folder tells: `test/golden/…` is "golden". `all` are paths from the root of
 * the repository. The patterns are regular expressions on these paths. Jest's own match the absolute path, so that a clone in a folder
 * named `stack` would match `stack` with every suite.
 */
export function select(patterns: readonly string[], tier: string | undefined, all: readonly string[]): Selection {
  const tiers = [...new Set(all.map(folderOf))].sort();
  if (tier !== undefined && !tiers.includes(tier))
    throw new ToolError(`--tier is ${JSON.stringify(tier)}, expected one of ${tiers.join(', ')}`);
  const expressions = patterns.map(expression);
  const suites = all
    .filter((suite) => tier === undefined || folderOf(suite) === tier)
    .filter((suite) => expressions.length === 0 || expressions.some((one) => one.test(suite)));
  const [first, ...others] = [...new Set(suites.map(folderOf))].sort();
  if (first === undefined)
    throw new ToolError(
      `no suite${tier === undefined ? '' : ` of the tier ${tier}`} matches ${patterns.join(' ')}`,
      'A pattern is a part of a path from the root of the repository, as test/golden/stack/manifests.',
    );
  if (others.length > 0)
    throw new ToolError(
      patterns.length === 0 ? 'neither a pattern nor a tier is given' : `${patterns.join(' ')} matches suites of several tiers`,
      `Choose one: --tier ${[first, ...others].join(' | --tier ')}`,
    );
  return { tier: first, suites: patterns.length === 0 ? [] : suites };
}

function folderOf(suite: string): string {
  return suite.split('/')[1] ?? '';
}

function expression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'i');
  } catch (error) {
    throw new ToolError(`the pattern ${pattern} is no regular expression: ${error instanceof Error ? error.message : String(error)}`);
  }
}
