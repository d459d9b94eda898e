import { join } from 'node:path';
import { readJsonLines } from './json-lines.ts';

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
  return readJsonLines<SuiteResult>(join(folder, 'suites.jsonl'));
}
