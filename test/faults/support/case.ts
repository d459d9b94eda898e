/** The part of life that a fault is tried in. */
export type Case = 'create' | 'update' | 'prune' | 'delete' | 'inject';
export const ALL_CASES: readonly Case[] = ['create', 'update', 'prune', 'delete', 'inject'];
