import { ANNOTATION } from '../../../api/annotations.ts';
import type { OutcomeReason } from '../../../api/reason.ts';
import { NO_BOOTSTRAP } from '../../../api/runtimes/choice.ts';
import type { Note } from '../decision/outcome.ts';
import { type EnvContent, envItem, holds, references } from '../workload/env-content.ts';
import type { Container, EnvItem } from '../workload/pod-template.ts';
import { appendix, hasOurPart } from './extended-variable.ts';
import type { Variable } from './variables.ts';

/** Why nothing of the workload may be changed. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: Extract<OutcomeReason, 'DuplicateVariable' | 'StartupPathOwnedByUser' | 'MountPathOwnedByUser' | 'VolumeOwnedByUser'>;
  readonly message: string;
}

export interface EnvDiff {
  readonly kind: 'diff';
  /** Items to add or change, in order. */
  readonly set: readonly EnvItem[];
  /** Names to remove. */
  readonly remove: readonly string[];
  /** Names of all items after the change; undefined when the order stays as it is. */
  readonly order?: readonly string[];
  /** The container's part of the record afterwards. */
  readonly record: Readonly<Record<string, EnvContent>>;
  readonly notes: readonly Note[];
}

/**
 * What to change in the env of one container so that it has `wanted`. Variables that are not in `mine` stay as they are. `recorded` is what
 * the record says, also of variables that somebody has taken over since.
 */
export function diffEnv(
  container: Container,
  wanted: readonly Variable[],
  mine: Readonly<Record<string, EnvContent>>,
  recorded: Readonly<Record<string, EnvContent>>,
): EnvDiff | Refusal {
  const live = container.env ?? [];
  const duplicate = live.find(({ name }, index) => live.findIndex((item) => item.name === name) !== index);
  if (duplicate !== undefined) {
    const message = `container ${container.name} lists variable ${duplicate.name} twice under env: keep one of them`;
    return { kind: 'refused', reason: 'DuplicateVariable', message };
  }
  const users = live.filter(({ name }) => !Object.hasOwn(mine, name));
  const startup = startupRefusal(container.name, wanted, users);
  if (startup !== undefined) return startup;

  const { variables, notes } = withoutTakenGroups(container.name, wanted, users);
  const set: EnvItem[] = [];
  const ours: Variable[] = [];
  const record: Record<string, EnvContent> = {};
  const kept: string[] = [];
  for (const variable of variables) {
    const { name, content } = variable;
    const item = live.find((candidate) => candidate.name === name);
    const isOurs = item === undefined || Object.hasOwn(mine, name);
    if (isOurs) {
      ours.push(variable);
      record[name] = content;
      if (item === undefined || !holds(item, content)) set.push(envItem(name, content));
    } else if (!holds(item, content)) {
      if (variable.extended === undefined) kept.push(name);
    } else if (recorded[name] !== undefined && holds(item, recorded[name])) {
      // By now somebody else owns it too, with our value. A removal checks the ownership again, so the record need not change.
      record[name] = content;
    }
  }
  if (kept.length > 0) notes.push(ownedByUser(container.name, kept));
  const remove = Object.keys(mine).filter((name) => !ours.some((variable) => variable.name === name));
  const order = place(ours, users);
  // The API server wants the items of a patch in the order that it states.
  set.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const reorder = set.length > 0 || refersForward(ours, live);
  return { kind: 'diff', set, remove, ...(reorder ? { order } : {}), record, notes };
}

/** Our variables first, each as early as the variables it refers to allow: `$(NAME)` resolves backwards only. */
function place(ours: readonly Variable[], users: readonly EnvItem[]): readonly string[] {
  const names = users.map(({ name }) => name);
  let front = 0;
  for (const { name, content } of ours) {
    const position = Math.max(front, ...references(content).map((reference) => names.indexOf(reference) + 1));
    names.splice(position, 0, name);
    if (position === front) front += 1;
  }
  return names;
}

function refersForward(ours: readonly Variable[], live: readonly EnvItem[]): boolean {
  const position = (name: string) => live.findIndex((item) => item.name === name);
  return ours.some(({ name, content }) => references(content).some((reference) => position(reference) > position(name)));
}

function withoutTakenGroups(container: string, wanted: readonly Variable[], users: readonly EnvItem[]) {
  const notes: Note[] = [];
  const taken = new Set<string>();
  for (const group of new Set(wanted.flatMap((variable) => variable.group ?? []))) {
    const conflicts = users.filter((item) => {
      const same = wanted.find(({ name }) => name === item.name);
      return group.taken.test(item.name) && !(same !== undefined && holds(item, same.content));
    });
    if (conflicts.length === 0) continue;
    taken.add(group.name);
    const names = conflicts.map(({ name }) => name);
    notes.push(group.name === 'endpoint' ? endpointOwnedByUser(container, names) : ownedByUser(container, names));
  }
  return { variables: wanted.filter(({ group }) => group === undefined || !taken.has(group.name)), notes };
}

/** Never with a value: it may be a secret. */
function ownedByUser(container: string, names: readonly string[]): Note {
  const backend = names.includes('OBSERVABILITY_BACKEND') ? ' (so the mode is the one of the manifest, not of the annotation)' : '';
  const message = `container ${container} sets ${names.join(', ')} itself; left as it is${backend}`;
  return { reason: 'EnvOwnedByUser', level: 'note', message };
}

function endpointOwnedByUser(container: string, names: readonly string[]): Note {
  const message = `container ${container} sets ${names.join(', ')} itself; neither OTEL_EXPORTER_OTLP_ENDPOINT nor OTEL_EXPORTER_OTLP_PROTOCOL was set`;
  return { reason: 'EndpointOwnedByUser', level: 'note', message };
}

/** A variable of the user's that we would extend is fine when it has our part in it; else the bootstrap can not load, and half an injection helps nobody. */
function startupRefusal(container: string, wanted: readonly Variable[], users: readonly EnvItem[]): Refusal | undefined {
  for (const { name, extended } of wanted) {
    const item = users.find((one) => one.name === name);
    if (extended === undefined || item === undefined || hasOurPart(extended, item)) continue;
    const message = `container ${container} sets ${name} itself, without ${extended.value}: append ${appendix(extended)} to it, or set ${ANNOTATION.bootstrap} to ${NO_BOOTSTRAP}`;
    return { kind: 'refused', reason: 'StartupPathOwnedByUser', message };
  }
  return undefined;
}
