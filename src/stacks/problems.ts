import type { Problem } from '../apply/result.ts';
import type { StackOutcome } from './status.ts';

/** Trying again at once would change nothing: a later change of the object brings the next pass. */
const SETTLED: ReadonlySet<Problem['reason']> = new Set(['DriftNotRepairable', 'FieldContested', 'PruneRefused']);

/** Messages of problems that may be over at the next try. */
export function retried(problems: readonly Problem[]): readonly string[] {
  return problems.filter(({ reason }) => !SETTLED.has(reason)).map(({ message }) => message);
}

/** The problems that stay until somebody does something: one reason for the condition, and all messages. */
export function stalledBy(problems: readonly Problem[], failed: readonly string[]): Pick<StackOutcome, 'stalled'> {
  const final = problems.filter((problem) => problem.final);
  const [first] = final;
  const reason = first?.reason ?? (failed.length > 0 ? 'ComponentsFailed' : undefined);
  if (reason === undefined) return {};
  const message = [...final.map((problem) => problem.message), ...failed].join('; ');
  return { stalled: { reason, message: message.slice(0, 2000) } };
}
