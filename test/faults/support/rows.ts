import type { Case } from './case.ts';

/** The fault matrix: what can go wrong between the operator and the API server. Each row has a test that carries its id. */
export const ROWS = {
  A1: 'SIGKILL after every single write',
  A2: 'SIGKILL between inventory and first apply, and between last apply and status',
  A3: 'SIGKILL while a finalizer keeps an object that is to be made again',
  B1: 'stale list and watch after the stack was deleted and made again',
  B2: 'two API servers with different lag, reconnects alternate',
  B3: 'cache behind our own writes',
  C1: 'one ADDED, MODIFIED or DELETED event lost',
  C2: 'events duplicated, reordered across kinds, coalesced',
  C3: 'annotation added and removed while disconnected',
  D1: 'watch ends cleanly every second, or at once',
  D2: 'connection reset before headers, in a line, in a character',
  D3: 'half-open stream',
  D4: 'quiet stream with bookmarks only',
  D5: '410, ERROR events, garbage, a 10 MB object',
  D6: 'list fails at start and at relist, continue token expires',
  E1: '429 with and without Retry-After',
  E2: '5xx on each verb, connection refused',
  E3: 'write carried out, answer lost',
  E4: '409 on status, on apply, AlreadyExists',
  E5: '422: validation, immutable field, admission',
  E6: 'token rotated, rights removed, CA rotated',
  E7: 'deletion denied by an admission policy',
  E8: 'webhook rewrites our field at each write',
  E9: 'API group unavailable, CRD late, CRD removed',
  F1: 'a person edits and deletes every object',
  F2: 'another controller applies the same field at 10 Hz',
  F3: 'namespace terminating, object stuck on a foreign finalizer',
  F4: 'render throws, returns nothing, returns half',
  G1: 'leader paused for 30 s',
  G2: 'lease stolen, lease API down, clocks jump',
  G3: 'SIGTERM in the middle of an apply',
  H1: 'soak with churn',
  H2: 'event loop blocked, out of memory, no disk for temporary files',
  I1: 'every field of the spec to its limits and back',
  I2: 'upgrade from the previous release and back',
} as const;

export type RowId = keyof typeof ROWS;

/** A row whose checks are a test file of another folder, run together with this one. */
export interface Elsewhere {
  readonly file: string;
  /** What the file's checks say together. */
  readonly sentence: string;
  readonly injected: string;
  readonly cases: readonly Case[];
}

export const ELSEWHERE: Partial<Readonly<Record<RowId, Elsewhere>>> = {
  I2: {
    file: 'test/cluster/upgrade.test.ts',
    sentence: 'an upgrade from the previous release and the way back recreate nothing and roll nothing out without need',
    injected: 'dist of the previous release with injected workloads, then this one, then the previous one again; each runs its own program',
    cases: ['create', 'update', 'inject'],
  },
};
