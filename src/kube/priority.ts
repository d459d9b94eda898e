/** What a piece of work means for its place in a line: a person waits for `user`, nobody for `resync`. */
export type Priority = 'user' | 'drift' | 'resync';

/** Best first. */
export const PRIORITIES: readonly Priority[] = ['user', 'drift', 'resync'];

/** The better of two; undefined is worse than all. */
export function better(a: Priority, b: Priority | undefined): Priority {
  return b === undefined || PRIORITIES.indexOf(a) <= PRIORITIES.indexOf(b) ? a : b;
}
