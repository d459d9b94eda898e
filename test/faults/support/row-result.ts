import type { RowId } from './rows.ts';

/** The part of life that a fault is tried in. */
export type Case = 'create' | 'update' | 'prune' | 'delete' | 'inject';
export const ALL_CASES: readonly Case[] = ['create', 'update', 'prune', 'delete', 'inject'];

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
