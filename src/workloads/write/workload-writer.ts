import { isDeepStrictEqual } from 'node:util';
import { describe, type KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import type { ClusterCache } from '../../controller/cluster-cache.ts';
import type { EventRecorder } from '../../controller/events.ts';
import type { Logger } from '../../controller/logger.ts';
import { releasePatch } from '../../inject/change/release.ts';
import type { Patch } from '../../inject/change/template-patch.ts';
import { decideRefused } from '../../inject/decision/decide-workload.ts';
import type { Decision } from '../../inject/decision/decision.ts';
import type { Clock } from '../../kube/clock.ts';
import { isApiError, type KubeApi } from '../../kube/kube-api.ts';
import { withoutEchoes } from '../../kube/refusal.ts';
import { makingWay } from '../../kube/request-context.ts';
import type { Rollouts } from '../rollouts.ts';
import type { WorkloadIndex } from '../workload-index.ts';
import type { FileCopies } from './file-copies.ts';
import { injectionDigest, REPEAT_WINDOW_MS, Repeats } from './repeats.ts';

export interface WorkloadWriterOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly index: WorkloadIndex;
  readonly copies: FileCopies;
  readonly rollouts: Rollouts;
  /** Of injections. */
  readonly repeats: Repeats;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Puts a workload back into the queue after some milliseconds. */
  readonly requeue: (key: string, afterMs: number) => void;
}

/** Milliseconds that the event of somebody else's write may take. */
const CONFLICT_MS = 1000;

/** Milliseconds until the next try of a write that was refused for good: nobody watches the policy, quota or right that refused it. */
const REFUSED_MS = 5 * 60_000;

/** Writes what was decided for a workload: its files, the patch, the release, the event. */
export class WorkloadWriter {
  readonly #options: WorkloadWriterOptions;
  /** Counts statuses: whoever replaces the whole object removes ours each time. */
  readonly #said: Repeats;

  constructor(options: WorkloadWriterOptions) {
    this.#options = options;
    this.#said = new Repeats(options.clock);
  }

  /** Nothing of the workload is ours any more. */
  forget(key: string): void {
    this.#options.repeats.forget(key);
    this.#said.forget(key);
  }

  /** @returns the decision that was carried out: the given one; if the API server refused it, the one that tells people. */
  async carryOut(key: string, workload: KubeObject, decision: Decision): Promise<Decision | undefined> {
    let answer: KubeObject | undefined;
    const unheard = decision.action === 'status' && this.#said.tooOften(key, decision.outcome.line) !== undefined;
    if (unheard) this.#options.requeue(key, REPEAT_WINDOW_MS);
    try {
      const needs = 'needs' in decision ? decision.needs : [];
      const write = async () => (decision.action === 'none' || unheard ? undefined : this.#patch(workload, decision.patch));
      answer = await this.#options.copies.during(key, needs, write);
    } catch (error) {
      if (decision.action === 'inject') this.#options.rollouts.end(key);
      if (isApiError(error, 'NotFound')) return undefined;
      // A release tests the place of our entry. If the entry has moved, the API server answers Invalid.
      if (isApiError(error, 'Conflict') || (decision.action === 'release' && isApiError(error, 'Invalid'))) {
        // Somebody has written meanwhile, and the event of that write brings the next pass. This pause is for an event that does not come.
        this.#options.requeue(key, CONFLICT_MS);
        return undefined;
      }
      const final = isApiError(error, 'Invalid') || isApiError(error, 'Forbidden') || isApiError(error, 'BadRequest');
      if (!final || decision.action === 'none' || decision.action === 'release') throw error;
      // If the API server refuses for good, the status tells people; if it refuses the status too, an event does.
      this.#options.requeue(key, REFUSED_MS);
      if (decision.action !== 'status') return this.carryOut(key, workload, decideRefused(workload, error.body.message));
      await this.#options.events.record(workload, decision.event);
      return decision;
    }
    if (answer === undefined || decision.action === 'none') return decision;
    if (decision.action === 'inject') this.#options.repeats.add(key, injectionDigest(decision.record));
    if (decision.action === 'status') this.#said.add(key, decision.outcome.line);
    const written = answer;
    if (decision.action === 'release') {
      // The write names no version: an edit whose event is still to come may be in this answer, and must stay news.
      if (sameSpecAndAnnotations(workload, written)) this.#remember(written);
      return decision;
    }
    // If many workloads are annotated at once, each gets its variables before any gets its release.
    return makingWay(async () => {
      await this.#release(workload, written);
      const { namespace = '', name } = workload.metadata;
      const { kind } = workload;
      this.#options.logger.info('workload written', { action: decision.action, kind, namespace, name, reason: decision.outcome.reason });
      await this.#options.events.record(workload, decision.event);
      return decision;
    });
  }

  /** Gives up the field ownership that our patch has just left. If that fails or never happens, the next pass does it. */
  async #release(workload: KubeObject, answer: KubeObject): Promise<void> {
    this.#remember(answer);
    const release = releasePatch(answer);
    if (release === undefined) return;
    try {
      const released = await this.#patch(workload, { type: 'application/json-patch+json', body: release });
      // Somebody's edit in between is in this answer too. If we remembered it, its own event would be no news, and nobody would look at it.
      if (sameSpecAndAnnotations(answer, released)) this.#remember(released);
    } catch (error) {
      // Somebody else wrote in between, and our entry has moved. Their event brings the next pass, which releases.
      if (!isApiError(error, 'Invalid') && !isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
    }
  }

  async #patch(workload: KubeObject, patch: Patch): Promise<KubeObject> {
    const { api } = this.#options;
    const type = await api.resourceType(workload.apiVersion, workload.kind);
    try {
      return await api.patch(type, workload.metadata, patch.type, patch.body, { fieldManager: FIELD_MANAGER });
    } catch (error) {
      throw withoutEchoes(error, `patch ${describe(workload)}`);
    }
  }

  /** The answer to a write of ours. Its event brings no change any more. */
  #remember(workload: KubeObject): void {
    this.#options.cache.remember(workload);
    this.#options.index.set(workload);
  }
}

/** Whether two versions of a workload ask for the same: spec and annotations are equal. */
function sameSpecAndAnnotations({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.generation === b.generation && isDeepStrictEqual(a.annotations, b.annotations);
}
