import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { Schema, ServerSchema } from './server-schema.ts';

type Path = readonly (string | number)[];

/** One change that somebody may make to a live object. */
export interface Change {
  /** For example `add spec.ingress[0].ports[1]`. */
  readonly about: string;
  /** Of the field or item that it changes. */
  readonly path: Path;
  /** As a JSON patch. */
  readonly patch: readonly { readonly op: 'add' | 'remove' | 'replace'; readonly path: string; readonly value?: unknown }[];
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the API server keeps for itself, and refuses or ignores from others. */
const IDENTITY = /^(apiVersion|kind|status)$/;
const METADATA = /^(labels|annotations|finalizers)$/;

/**
 * Every change of one leaf or one item of a list that can be made to an object: a field replaced, taken away, or added where the schema
 * knows one that is not there; an item added in front or behind, taken away, or exchanged with its neighbour. Some will be refused.
 */
export function changesOf(live: KubeObject, schema: ServerSchema): readonly Change[] {
  return [...walk(live, schema.kind(live), [], schema)];
}

function* walk(value: unknown, schema: Schema, path: Path, server: ServerSchema): Generator<Change> {
  if (Array.isArray(value)) yield* listChanges(value, schema, path, server);
  else if (isFields(value)) yield* mapChanges(value, schema, path, server);
  else yield change('replace', path, other(value, schema));
}

function* mapChanges(value: Readonly<Record<string, unknown>>, schema: Schema, path: Path, server: ServerSchema): Generator<Change> {
  const mayTouch = (name: string): boolean => {
    if (path.length === 0) return !IDENTITY.test(name);
    return !(path.length === 1 && path[0] === 'metadata') || METADATA.test(name);
  };
  for (const [name, inner] of Object.entries(value)) {
    if (!mayTouch(name)) continue;
    yield* walk(inner, server.inner(schema, name), [...path, name], server);
    if (path.length > 0) yield change('remove', [...path, name]);
  }
  const absent = Object.keys(schema.properties ?? {}).filter((name) => !Object.hasOwn(value, name) && mayTouch(name));
  for (const name of absent) for (const added of examples(server.inner(schema, name), server)) yield change('add', [...path, name], added);
  if (typeof schema.additionalProperties === 'object')
    yield change('add', [...path, 'somebody'], examples(server.inner(schema, ''), server)[0]);
}

function* listChanges(value: readonly unknown[], schema: Schema, path: Path, server: ServerSchema): Generator<Change> {
  for (const [index, item] of value.entries()) {
    yield* walk(item, server.inner(schema, index), [...path, index], server);
    yield change('remove', [...path, index]);
    const next = value[index + 1];
    if (next === undefined) continue;
    const swapped = value.map((one, at) => (at === index ? next : at === index + 1 ? item : one));
    yield { ...change('replace', path, swapped), about: `reorder ${text([...path, index])}` };
  }
  const [model] = value;
  if (model === undefined) return;
  const added = another(model, server.inner(schema, 0));
  yield change('add', [...path, 0], added);
  yield { ...change('add', [...path, value.length], added), patch: [{ op: 'add', path: pointer([...path, '-']), value: added }] };
}

function change(op: 'add' | 'remove' | 'replace', path: Path, value?: unknown): Change {
  return { about: `${op} ${text(path)}`, path, patch: [{ op, path: pointer(path), ...(op !== 'remove' && { value }) }] };
}

/** Another value of the same type. */
function other(value: unknown, schema: Schema): unknown {
  const choice = schema.enum?.find((one) => one !== value && one !== '');
  if (choice !== undefined) return choice;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  const amount = typeof value === 'string' ? /^(\d+)([a-zA-Z]*)$/.exec(value) : null;
  return amount === null ? `${String(value)}x` : `${Number(amount[1]) + 1}${amount[2]}`;
}

/** An item like the model, with another text or number in each of its own fields. */
function another(model: unknown, schema: Schema): unknown {
  if (!isFields(model)) return Array.isArray(model) ? model : other(model, schema);
  return Object.fromEntries(
    Object.entries(model).map(([name, value]) => {
      // By so much that it is no neighbour's: of two ports with one number the second would be ours.
      if (typeof value === 'number') return [name, value + 10_000];
      const fixed = isFields(value) || Array.isArray(value) || /^(protocol|operator|effect|type|policy)$/i.test(name);
      return [name, fixed ? value : other(value, schema.properties?.[name] ?? {})];
    }),
  );
}

/** Values that a field which is not there may take; few of them are valid everywhere. */
function examples(schema: Schema, server: ServerSchema): readonly unknown[] {
  if (schema.enum !== undefined) return schema.enum.filter((one) => one !== '').slice(0, 2);
  switch (schema.type) {
    case 'string':
      return schema.format === 'int-or-string' ? [1] : ['somebody'];
    case 'integer':
    case 'number':
      return [1];
    case 'boolean':
      return [true, false];
    case 'object':
      return [{}];
    case 'array': {
      const [item] = schema.items === undefined ? [] : examples(server.resolve(schema.items), server);
      return item === undefined || isFields(item) ? [] : [[item]];
    }
    default:
      return [];
  }
}

function text(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
