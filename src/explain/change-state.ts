/** `present`: in the template now; `to be set`, `to be removed`: what the next pass of the operator would do. */
export type ChangeState = 'present' | 'to be set' | 'to be removed';

/** Of something that is in the template now or not, and will be or not. */
export function changeState(there: boolean, later: boolean): ChangeState {
  if (there && later) return 'present';
  return later ? 'to be set' : 'to be removed';
}
