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
 * The preconditions of an injection, in the order in which they are asked. The first that does not hold speaks, and no other. A problem
 * that must be mended before another makes sense comes first. docs/reference/reasons.md is made from this list.
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

/** Reasons that no precondition gives, with their cases. */
export const OTHER_REASONS = {
  Injected: 'every precondition holds',
  Reverted: 'the annotation is gone',
  OptedOut: 'the annotation is none',
  StackSuspended: 'the stack is suspended',
  WaitingForRollout: 'a rollout is under way',
  WaitingInQueue: 'other workloads are rolling out',
  Contested: 'somebody undid the injection too often',
  WriteRefused: 'the API server refused the write',
} as const satisfies Record<Exclude<OutcomeReason, PreconditionReason>, string>;
