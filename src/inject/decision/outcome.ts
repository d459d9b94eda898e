import { type NoteReason, type OutcomeReason, type OutcomeState, REASONS } from '../../../api/reason.ts';

/** Something said beside an outcome. A `hint` goes into the event and into `explain` only; a `note` into the status line as well. */
export interface Note {
  readonly reason: NoteReason;
  readonly message: string;
  readonly level: 'note' | 'hint';
}

/** The case of one workload, for its status line, its event, the counts and `explain`. Never holds a value of the user's. */
export interface Outcome {
  readonly reason: OutcomeReason;
  readonly state: Exclude<OutcomeState, 'note'>;
  /** Names the object, the field, what was expected and what to do. Empty where the reason says it all. */
  readonly message: string;
  readonly notes: readonly Note[];
  /** Text of the annotation `duotel.io/status`. */
  readonly line: string;
}

/** An event to be written on the workload, when its status line changes. */
export interface InjectionEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Characters; a status line is for people, and a workload's annotations travel with each of its ReplicaSets. */
const LINE_LIMIT = 600;

const LABEL = { pending: 'Pending ', blocked: 'Blocked ', off: '' } as const;

/** `short` replaces the message in the status line, where people expect a short word. */
export function outcome(reason: OutcomeReason, message = '', notes: readonly Note[] = [], short?: string): Outcome {
  const state = REASONS[reason].state;
  const said = notes.filter((note) => note.level === 'note').map((note) => `; ${note.reason}: ${note.message}`);
  const head =
    state === 'injected' ? `${reason} ${short ?? message}` : `${LABEL[state]}${reason}${message === '' ? '' : `: ${short ?? message}`}`;
  return { reason, state, message, notes, line: shorten(head + said.join('')) };
}

function shorten(text: string): string {
  return text.length <= LINE_LIMIT ? text : `${text.slice(0, LINE_LIMIT - 3)}...`;
}

export function eventOf(result: Outcome): InjectionEvent {
  const notes = result.notes.map((note) => `${note.reason}: ${note.message}`);
  const main = result.message === '' ? REASONS[result.reason].means : result.message;
  const troubled = result.state === 'blocked' || result.notes.some((note) => note.level === 'note');
  return { type: troubled ? 'Warning' : 'Normal', reason: result.reason, message: [main, ...notes].join('; ').slice(0, 1000) };
}
