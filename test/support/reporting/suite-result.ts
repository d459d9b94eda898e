import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How one run of one suite ended: what result-reporter.js writes. */
export interface SuiteResult {
  /** Name of the tier: "unit", "golden". */
  readonly tier: string;
  /** Path of the suite, from the root of the repository. */
  readonly suite: string;
  readonly milliseconds: number;
  /** Number of tests that passed. */
  readonly passed: number;
  /** Full names of the tests that failed. */
  readonly failed: readonly string[];
  /** The suite ended before its tests did: it could not be loaded, or its process was gone. */
  readonly broken: boolean;
}

/** What the reporter wrote into the folder, in the order of writing; empty when no suite ended. */
export function readSuiteResults(folder: string): readonly SuiteResult[] {
  const file = join(folder, 'suites.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as SuiteResult);
}
