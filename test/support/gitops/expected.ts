import type { Change } from './changes.ts';
import type { Delivery } from './deliveries.ts';

/** `manifest`: the annotation stands in what the tool delivers. `kubectl`: it is set afterwards with `kubectl annotate`. */
export type Mode = 'manifest' | 'kubectl';

/** What a scenario does, one after the other, and what it looks at after each. */
export const PHASES = ['installed', 'again', 'changed', 'back', 'off'] as const;
export type Phase = (typeof PHASES)[number];

export interface Expected {
  /** Rollouts of the phase that a workload without the annotation does not have. */
  readonly ours: number;
  /** Beginning of the status line; undefined: nothing of ours is there. */
  readonly status: string | undefined;
}

/** What each phase must come to, in the order of {@link PHASES}. */
export function expected(delivery: Delivery, mode: Mode, change: Change): Readonly<Record<Phase, Expected>> {
  const keeps = mode === 'manifest' || delivery.keepsKubectlAnnotations;
  const first = change.base.annotations === undefined ? undefined : 'Injected both';
  const status: Readonly<Record<Phase, string | undefined>> = {
    installed: first,
    again: keeps ? first : undefined,
    changed: keeps ? change.status[0] : undefined,
    back: keeps ? change.status[1] : undefined,
    off: undefined,
  };
  const theirs: Readonly<Record<Phase, number>> = { installed: 0, again: 0, changed: change.theirs, back: change.theirs, off: 0 };
  const merged: Readonly<Record<Phase, number>> = {
    installed: first === undefined ? 0 : 1,
    again: keeps ? 0 : 1,
    changed: keeps ? change.ours[0] : 0,
    back: keeps ? change.ours[1] : 0,
    off: status.back === undefined ? 0 : 1,
  };
  const result: Partial<Record<Phase, Expected>> = {};
  let was = false;
  for (const phase of PHASES) {
    const is = status[phase]?.startsWith('Injected') ?? false;
    // A replacement takes ours away in the same write that brings theirs.
    const replaced = (was || theirs[phase] > 0 ? 1 : 0) + (is ? 1 : 0) - theirs[phase];
    const isOursAlone = phase === 'off' && mode === 'kubectl';
    const ours = delivery.how === 'merges' || phase === 'installed' || isOursAlone ? merged[phase] : replaced;
    result[phase] = { ours, status: status[phase] };
    was = is;
  }
  return result as Record<Phase, Expected>;
}
