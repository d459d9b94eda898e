import type { OutcomeReason } from '../../../api/reason.ts';
import { annotationsAreValid } from './policies/annotations.ts';
import { containersAreChosen } from './policies/containers.ts';
import { isNotBeingDeleted } from './policies/deletion.ts';
import { languageIsServed } from './policies/language.ts';
import { namespaceIsNotProtected, stackAllowsNamespace } from './policies/namespaces.ts';
import { isNotPaused } from './policies/pause.ts';
import { wasNotRolledBack } from './policies/rollback.ts';
import { stackIsChosen } from './policies/stack.ts';
import { namesAreFree } from './policies/taken-names.ts';
import { kindIsKnown, runsOnLinux, templateIsItsOwn } from './policies/template.ts';
import { mountsAreSafe } from './policies/volumes.ts';

/**
 * What must hold before a workload that asks for telemetry is injected, in the order in which it is asked: the first that does not hold
 * speaks, and no other. What would be no use to mend before another comes later. docs/reference/reasons.md is made from it.
 */
export const PRECONDITIONS = [
  namespaceIsNotProtected,
  isNotBeingDeleted,
  annotationsAreValid,
  templateIsItsOwn,
  kindIsKnown,
  runsOnLinux,
  languageIsServed,
  isNotPaused,
  wasNotRolledBack,
  stackIsChosen,
  stackAllowsNamespace,
  containersAreChosen,
  mountsAreSafe,
  namesAreFree,
] as const;

type PreconditionReason = (typeof PRECONDITIONS)[number]['reasons'][number];

/** Reasons that no precondition gives: what is said when all hold, and while or after the decision is carried out. */
export const OTHER_REASONS = {
  Injected: 'every precondition holds',
  Reverted: 'the annotation is gone',
  OptedOut: 'the annotation is none',
  StackSuspended: 'the decision is not carried out while the stack is suspended',
  WaitingForRollout: 'the decision waits for a rollout that is under way',
  WaitingInQueue: 'the decision waits for its turn',
  Contested: 'the decision was undone by somebody too often',
  WriteRefused: 'the API server refused the write',
} as const satisfies Record<Exclude<OutcomeReason, PreconditionReason>, string>;
