import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from './json-lines.ts';

/** How one step of a whole run ended: a tier of `npm test`, or a step of .ci/run, which writes the same lines. */
export interface TierResult {
  /** What `npm run` takes: "lint", "test:unit". */
  readonly tier: string;
  readonly outcome: 'passed' | 'FAILED' | 'interrupted';
  readonly milliseconds: number;
}

const FILE = 'tiers.jsonl';

export function writeTierResult(folder: string, result: TierResult): void {
  appendFileSync(join(folder, FILE), `${JSON.stringify(result)}\n`);
}

/** In the order of writing; empty when no step ended. */
export function readTierResults(folder: string): readonly TierResult[] {
  return readJsonLines<TierResult>(join(folder, FILE));
}
