import { isDeepStrictEqual } from 'node:util';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { type Difference, isSameDifference } from './drift/drift.ts';
import { rivals } from './drift/field-owners.ts';
import type { IgnoreRule } from './drift/ignore.ts';
import { withIgnored } from './drift/ignore.ts';
import { entryId, objectEntry } from './inventory.ts';
import { differencesOf, type Experience } from './plan.ts';
import type { Problem, Result } from './result.ts';

/** Repairs of one object that are made at once. Each later one waits twice as long as the one before. */
const FREE_REPAIRS = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;
/** If nobody touched an object for this long, its repairs start anew. */
const QUIET_MS = 60_000;

/** What the API server makes of these very bytes. */
interface Answer {
  readonly desired: KubeObject;
  /** Where that is not what we said: defaults, normal forms, and what webhooks rewrite. */
  readonly left: readonly Difference[];
}

interface LastWrite {
  readonly desired: KubeObject;
  /** Writes of these bytes in a row, after the first. */
  readonly repairs: number;
  readonly writtenAt: number;
  /** The fields of the last repair, and who had set them. `gone`: there was no field; somebody had deleted the object. */
  readonly contest: { readonly paths: readonly string[]; readonly managers: readonly string[] } | 'gone';
}

/** What a process learns from its own writes. If it is lost, each object costs one more write. */
export class ApplyMemory implements Experience {
  readonly #answers = new Map<string, Answer>();
  readonly #written = new Map<string, LastWrite>();
  readonly #now: () => number;

  /** `now`: milliseconds that only go forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  tolerates(object: KubeObject, difference: Difference): boolean {
    return this.left(object).some((other) => isSameDifference(other, difference));
  }

  /** Where the API server's last answer to these bytes is not what they say. */
  left(object: KubeObject): readonly Difference[] {
    return ofTheseBytes(this.#answers, object)?.left ?? [];
  }

  pause(object: KubeObject): number {
    const known = ofTheseBytes(this.#written, object);
    return known === undefined ? 0 : Math.max(0, known.writtenAt + pauseAfter(known.repairs) - this.#now());
  }

  /** The problem of an object that others change again and again; undefined when nobody does, or no longer. */
  contest(object: KubeObject): (Problem & { readonly ms: number }) | undefined {
    const known = ofTheseBytes(this.#written, object);
    if (known === undefined || known.repairs < FREE_REPAIRS || this.#isQuiet(known)) return undefined;
    const message = `${describe(object)}: ${rivalry(known.contest)}. Repairs get rarer, down to one in ${LONGEST_PAUSE_MS / 60_000} min`;
    const paused = this.pause(object);
    // When the object may be written again, though nobody changes it any more; then, when it is quiet.
    const ms = Math.max(1000, paused > 0 ? paused : known.writtenAt + quietAfter(known) - this.#now());
    return { reason: 'FieldContested', message, final: true, ms };
  }

  /** Takes in what a pass has done. */
  learn(results: readonly Result[], ignore: readonly IgnoreRule[]): void {
    for (const { action, outcome, object } of results) {
      if (action.type === 'keep') this.#learnAnswer(action.object, action.tolerated);
      if (object === undefined || (outcome !== 'created' && outcome !== 'updated' && outcome !== 'recreated')) continue;
      if (action.type !== 'create' && action.type !== 'update') continue;
      const before = ofTheseBytes(this.#written, action.object);
      const repairs = before !== undefined ? (this.#isQuiet(before) ? 0 : before.repairs) + 1 : 0;
      const contest: LastWrite['contest'] =
        action.type === 'update'
          ? {
              paths: action.differences.map(({ path }) => path),
              managers: [...new Set(action.differences.flatMap(({ path }) => rivals(action.live, path)))],
            }
          : 'gone';
      const id = entryId(objectEntry(action.object));
      this.#written.set(id, { desired: action.object, repairs, writtenAt: this.#now(), contest });
      this.#answers.set(id, { desired: action.object, left: differencesOf(withIgnored(action.object, object, ignore), object) });
    }
  }

  /** Adds what the API server was asked about, and said that it is its own doing. */
  #learnAnswer(desired: KubeObject, tolerated: readonly Difference[]): void {
    const fresh = tolerated.filter((difference) => !this.tolerates(desired, difference));
    if (fresh.length === 0) return;
    const left = this.left(desired).filter(({ path }) => !fresh.some((difference) => difference.path === path));
    this.#answers.set(entryId(objectEntry(desired)), { desired, left: [...left, ...fresh] });
  }

  /** Forgets objects, so that the next pass tries everything again. Default: all. */
  forget(ids?: Iterable<string>): void {
    for (const known of [this.#answers, this.#written]) {
      if (ids === undefined) known.clear();
      else for (const id of ids) known.delete(id);
    }
  }

  #isQuiet(known: LastWrite): boolean {
    return this.#now() - known.writtenAt > quietAfter(known);
  }
}

function rivalry(contest: LastWrite['contest']): string {
  if (contest === 'gone') return 'somebody deletes it again and again; find out who by the audit log, and stop it';
  const { paths, managers } = contest;
  const who = managers.length === 0 ? 'somebody' : `field manager ${managers.join(', ')}`;
  return `${who} sets ${paths.join(', ')} again and again; stop it, or list the field in spec.reconcile.ignore`;
}

function pauseAfter(repairs: number): number {
  return repairs < FREE_REPAIRS ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (repairs - FREE_REPAIRS), LONGEST_PAUSE_MS);
}

function quietAfter({ repairs }: LastWrite): number {
  return Math.max(QUIET_MS, 2 * pauseAfter(repairs));
}

function ofTheseBytes<T extends { readonly desired: KubeObject }>(known: ReadonlyMap<string, T>, object: KubeObject): T | undefined {
  const found = known.get(entryId(objectEntry(object)));
  return found !== undefined && isDeepStrictEqual(found.desired, object) ? found : undefined;
}
