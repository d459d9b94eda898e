import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as TierResult);
}
