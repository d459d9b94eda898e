import type { Case } from './case.ts';
import type { RowId } from './rows.ts';

/** A test's line in docs/faults.md. */
export interface RowResult {
  readonly id: RowId;
  readonly test: string;
  readonly injected: string;
  readonly cases: readonly Case[];
  readonly passed: boolean;
  readonly figures: string;
  readonly seconds: number;
}
