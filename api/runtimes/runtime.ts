import type { ActiveBackend } from '../annotations.ts';

/** A language that `duotel.io/bootstrap` can name. */
export type Runtime = ServedRuntime | AnnouncedRuntime;

interface Named {
  /** The value of `duotel.io/bootstrap` that asks for it. */
  readonly id: string;
  /** As sentences call it: `Python`. */
  readonly title: string;
}

/** A language that people may already ask for, and that this release has no files for. The operator refuses the workload, and says so. */
export interface AnnouncedRuntime extends Named {
  readonly served: false;
}

/** A language whose programs get their producers without a change of code, with everything that is particular to it. Plain data. */
export interface ServedRuntime extends Named {
  readonly served: true;
  /** Where its files are in a pod, read-only. It never changes, since people name it in their manifests. By convention `/duotel/<id>`. */
  readonly mountPath: string;
  /** Its files, by their paths below `bootstrap/<id>/`; they have the same paths below `mountPath`. Their order does not matter. */
  readonly files: readonly string[];
  /** The variables that make the interpreter load the files, in their order in the container. Two languages never share a name. */
  readonly variables: readonly RuntimeVariable[];
  /**
   * The unit in which its exporters read OTEL_EXPORTER_OTLP_TIMEOUT. The specification says milliseconds, and some SDKs do not keep to it.
   */
  readonly timeoutUnit: 'seconds' | 'milliseconds';
  /** Whether its files and variables mean nothing to programs in other languages. Only such a language is part of `auto`. */
  readonly harmlessElsewhere: boolean;
  /** What the image of the app must have. If something is missing, the log says so, and the app runs all the same. */
  readonly needs: readonly ImageNeed[];
  readonly log: PromisedLog;
}

/**
 * A variable that a language needs, besides those that every container gets.
 * - `set`: it belongs to the bootstrap alone. If the user has one of that name, theirs stays, and a note says so.
 * - `path`: a list of folders. If the user has one, theirs stays. It must contain our folder, or the workload is refused.
 * - `options`: a string of options for the interpreter. If the user has one, the same holds for our option.
 * A variable of the user's is never rewritten: a value that is theirs in part could not be taken back exactly.
 */
export type RuntimeVariable = SetVariable | ExtendedVariable;
export type ExtendedVariable = PathVariable | OptionsVariable;

interface OneVariable {
  readonly name: string;
  /** Its value if the user has none: for a path our folder, for options our option. */
  readonly value: string;
  /** One line for `duotel explain`: what it is for. */
  readonly why: string;
}

export interface SetVariable extends OneVariable {
  readonly kind: 'set';
}

export interface PathVariable extends OneVariable {
  readonly kind: 'path';
  /** Stands between two folders; `:` nearly everywhere. */
  readonly separator: string;
}

export interface OptionsVariable extends OneVariable {
  readonly kind: 'options';
  /** Matches a string of options that has ours in it, however it is written: `--import x`, `--import=x`. */
  readonly recognised: RegExp;
}

/** Something that an image must have for the producers to start. */
export interface ImageNeed {
  /** The name of a program or package, as its language's registry has it. */
  readonly name: string;
  /** In the notation of that registry. Default: any version. */
  readonly versions?: string;
  /** In which modes. Default: in all. */
  readonly modes?: readonly ActiveBackend[];
  /** One clause for people: `or another exporter`. Default: nothing more is to be said. */
  readonly note?: string;
}

/** What a pod says on standard error when its producers start: one fact a line, each line begun by `duotel[<pid>]: `. */
export interface PromisedLog {
  /** In the order of a start. `duotel verify` looks for them. */
  readonly facts: readonly LogFact[];
  /** Words of the lines that say why something did not start. If a fact is missing, such a line is shown. */
  readonly trouble: readonly string[];
}

export interface LogFact {
  /** As `duotel verify` calls it. */
  readonly fact: string;
  /** The line states it when it holds one of these texts; `{name}` stands for a word. */
  readonly lines: readonly string[];
  /** In which modes it is promised. */
  readonly modes: readonly ActiveBackend[];
}
