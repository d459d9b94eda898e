import type { KubeObject } from '../../api/kube-object.ts';
import type { WriteContext } from '../apply/write-context.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { Logger } from '../controller/logger.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { objectKey } from '../kube/object-key.ts';
import { type Collected, collectLeftOvers, isNotedKept, type Keep, keepOf, noteDeletionPolicy, noteKept } from './deletion.ts';

export interface LeftOversOptions extends Pick<WriteContext, 'now' | 'sleep'> {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly logger: Logger;
}

/** What becomes of the objects of stacks that are gone: they go too, or stay, as the spec said last. */
export class LeftOvers {
  readonly #options: LeftOversOptions;
  /** By stack: what its spec last said, which may be newer than our note of it. `tended`: a pass has looked at it. */
  readonly #kept = new Map<string, { readonly keep: Keep; readonly tended: boolean }>();
  /** By stack that is gone: the UIDs of what was deleted with it. A watch that is away does not tell, and nothing is deleted twice. */
  readonly #deleted = new Map<string, Set<string>>();

  constructor(options: LeftOversOptions) {
    this.#options = options;
  }

  /** Takes in a stack as it was last seen, before it was gone. */
  seen(stack: KubeObject): void {
    const key = objectKey(stack.metadata);
    this.#kept.set(key, { keep: keepOf(stack), tended: this.#kept.get(key)?.tended ?? false });
  }

  /** Notes in the cluster what is to become of the objects of a stack that is there, before anything else is done for it. */
  async tend(stack: KubeObject): Promise<void> {
    const { api, cache } = this.#options;
    const key = objectKey(stack.metadata);
    const keep = keepOf(stack);
    this.#kept.set(key, { keep, tended: true });
    this.#deleted.delete(key);
    await noteDeletionPolicy(api, cache, stack.metadata, keep);
  }

  /**
   * Deletes the objects of a stack that is gone, or notes that they stay.
   * @throws Error that names what could not be deleted.
   */
  async collect(stack: { readonly namespace: string; readonly name: string }): Promise<void> {
    const { api, cache, logger, ...time } = this.#options;
    const { namespace, name } = stack;
    const key = objectKey(stack);
    const { keep, tended = false } = this.#kept.get(key) ?? {};
    if (keep !== undefined) {
      // From then on the note alone counts, for us and for the next process. If somebody deletes it, they want the objects gone.
      if (await noteKept(api, cache, namespace, name, keep)) this.#kept.delete(key);
      logger.info('stack is gone, its objects are kept', { stack: name });
      return;
    }
    // Our note, and of an older spec. If this process has only seen a stack go, the note may be newer than what it has seen.
    if (tended) await noteDeletionPolicy(api, cache, stack, undefined);
    const deletedSoFar = this.#deleted.get(key) ?? new Set();
    // Each event of a kept object brings a pass, and none of these asks the API server. A note that was just deleted may still be in the
    // cache.
    const isKept = !tended && isNotedKept(cache, stack);
    const collected: Collected = isKept ? { outcome: 'kept' } : await collectLeftOvers(api, cache, stack, deletedSoFar, time);
    if (deletedSoFar.size > 0) this.#deleted.set(key, deletedSoFar);
    else this.#deleted.delete(key);
    if (!tended || collected.outcome !== 'kept') this.#kept.delete(key);
    if (collected.outcome !== 'deleted') {
      if (collected.outcome !== 'nothingLeft')
        logger.info('stack is not in the cache, its objects stay', { stack: name, because: collected.outcome });
      return;
    }
    const { deleted, failures } = collected;
    logger.info('stack is gone, its objects deleted', { stack: name, deleted, failed: failures.length });
    if (failures.length > 0) throw new Error(failures.join('; '));
  }
}
