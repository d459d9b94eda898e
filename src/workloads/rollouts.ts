import type { KubeObject } from '../../api/kube-object.ts';
import { type InjectionRecord, readRecord } from '../inject/record/record.ts';
import { isInjectedPod } from '../inject/rollback/injected-pod.ts';
import { judgePods, nextLook } from '../inject/rollback/judge-rollout.ts';
import { mayHaveStuckPods, stuckPods } from '../inject/rollback/stuck-pods.ts';
import { type Admission, admit, type OurRollout } from '../inject/rollout/pace.ts';
import { type RolloutState, rolloutState } from '../inject/rollout/rollout-state.ts';
import type { InjectionConfig } from '../inject/wishes/config.ts';
import { podSelector } from '../inject/workload/pod-selector.ts';
import { templateDigest } from '../inject/workload/template-digest.ts';
import type { Clock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { objectKey } from '../kube/object-key.ts';
import { workloadKey } from './workload-index.ts';

export interface RolloutsOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** Puts a workload back into the queue after some milliseconds. */
  readonly requeue: (key: string, afterMs: number) => void;
}

interface Running extends OurRollout {
  readonly since: number;
  checked: number;
  /** When the rollout was first complete. From then on it holds no place. */
  completeAt?: number;
}

interface Waiting {
  readonly since: number;
  /** Waits for a place. The others wait for a rollout of their owner's, and a free place does not help them. */
  readonly queued: boolean;
}

/**
 * Milliseconds between two looks at the pods of a rollout. If there are many rollouts, the looks are rarer, so that they stay at {@link
 * LOOKS_A_SECOND}.
 */
const LOOK_MS = 3000;
/** Looks a second over all rollouts. The default pace of 10 rollouts takes a sixth of it. */
const LOOKS_A_SECOND = 20;
/** How many waiting workloads are woken in each namespace when a place is free: the first may be in a namespace without a place. */
const WAKE = 4;

/** The rollouts that injections have started: how many run at once, and whether their pods come up. */
export class Rollouts {
  readonly #options: RolloutsOptions;
  readonly #running = new Map<string, Running>();
  /** The rollouts that hold a place, kept apart: each admission and each look counts them. */
  readonly #unfinished = new Map<string, Running>();
  /** In the order of arrival. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: RolloutsOptions) {
    this.#options = options;
  }

  /** Takes a place for a rollout, or says why it must wait. If the place is not needed after all, {@link end} gives it back. */
  admit(workload: KubeObject, config: InjectionConfig, urgent: boolean): Admission {
    const key = workloadKey(workload);
    const { namespace = '' } = workload.metadata;
    const state = rolloutState(workload);
    const applicant = { name: `${workload.kind} ${workload.metadata.name}`, namespace, state, urgent, own: this.#unfinished.get(key) };
    const admission = admit(applicant, this.#unfinished.values(), config);
    if (admission.kind === 'go') {
      this.#waiting.delete(key);
      const now = this.#options.clock.now();
      if (state.available) this.#begin(key, { namespace, stack: objectKey(config.stack), since: now, checked: now });
    } else {
      const since = this.#waiting.get(key)?.since ?? this.#options.clock.now();
      this.#waiting.set(key, { since, queued: admission.reason === 'WaitingInQueue' });
    }
    return admission;
  }

  /** Milliseconds that a workload has been waiting for a place. */
  waited(key: string): number {
    return this.#options.clock.now() - (this.#waiting.get(key)?.since ?? this.#options.clock.now());
  }

  /** The workload has no rollout of ours, and wants none. */
  end(key: string): void {
    this.#waiting.delete(key);
    this.#unfinished.delete(key);
    if (this.#running.delete(key)) this.#wake();
  }

  #begin(key: string, running: Running): void {
    this.#running.set(key, running);
    this.#unfinished.set(key, running);
  }

  get #lookMs(): number {
    return Math.max(LOOK_MS, (this.#unfinished.size * 1000) / LOOKS_A_SECOND);
  }

  #wake(): void {
    const woken = new Map<string, number>();
    for (const [next, { queued }] of this.#waiting) {
      if (!queued) continue;
      const namespace = next.split('/')[1] ?? '';
      const count = woken.get(namespace) ?? 0;
      if (count >= WAKE) continue;
      woken.set(namespace, count + 1);
      this.#options.requeue(next, 0);
    }
  }

  /** The workload asks for no rollout any more. */
  standDown(key: string): void {
    this.#waiting.delete(key);
  }

  /**
   * Looks at the rollout of a workload, if it is ours.
   * @returns what is wrong with its pods, in words for people, if the injection must be taken back.
   */
  async failure(workload: KubeObject, configs: readonly InjectionConfig[]): Promise<string | undefined> {
    const key = workloadKey(workload);
    const record = readRecord(workload);
    const state = rolloutState(workload);
    const isOurs = typeof record !== 'string' && record.rollout !== undefined && record.rollout === templateDigest(workload);
    const running = this.#running.get(key) ?? (isOurs ? this.#found(key, workload, state, record) : undefined);
    if (running === undefined) return undefined;
    const { clock, requeue } = this.#options;
    const now = clock.now();
    const deadlineMs =
      typeof record === 'string' ? undefined : configs.find(({ stack }) => objectKey(stack) === record.stack)?.autoRollback?.deadlineMs;
    if (isOurs && deadlineMs !== undefined && state.complete && running.completeAt === undefined) {
      running.completeAt = now;
      this.#unfinished.delete(key);
      this.#wake();
    }
    const progress = {
      state,
      isTakenBack: typeof record === 'string',
      deadlineMs: isOurs ? deadlineMs : undefined,
      ageMs: now - running.since,
      completeForMs: running.completeAt === undefined ? undefined : now - running.completeAt,
      checkedBeforeMs: now - running.checked,
      lookMs: this.#lookMs,
    };
    const look = nextLook(progress);
    if (look.kind === 'end') this.end(key);
    if (look.kind === 'wait') requeue(key, look.ms);
    if (look.kind !== 'pods' || typeof record === 'string') return undefined;
    running.checked = now;
    const pods = (await this.#pods(workload)).filter((pod) => isInjectedPod(pod, record));
    const found = judgePods(workload, pods, progress);
    if (found.kind === 'end') this.end(key);
    if (found.kind === 'wait') requeue(key, found.ms);
    return found.kind === 'failed' ? found.message : undefined;
  }

  /**
   * Deletes the pods that a StatefulSet will not replace although the injection that made them fail was taken back. It deletes each pod
   * once, by its UID.
   * @returns their names.
   */
  async free(workload: KubeObject): Promise<readonly string[]> {
    if (!mayHaveStuckPods(workload)) return [];
    const { injected, failing } = stuckPods(workload, await this.#pods(workload));
    // A container that starts again and again looks like one that starts slowly, until it has failed twice.
    if (injected > 0) this.#options.requeue(workloadKey(workload), LOOK_MS);
    const { api } = this.#options;
    const type = await api.resourceType('v1', 'Pod');
    for (const { metadata } of failing) await api.delete(type, metadata, metadata.uid === undefined ? {} : { uid: metadata.uid });
    return failing.map(({ metadata }) => metadata.name);
  }

  /** An earlier process has started this rollout. Once it is through, nobody looks at it again: later failures have other reasons. */
  #found(key: string, workload: KubeObject, state: RolloutState, { stack }: InjectionRecord): Running | undefined {
    if (!state.unfinished) return undefined;
    const running = { namespace: workload.metadata.namespace ?? '', stack, since: this.#options.clock.now(), checked: 0 };
    this.#begin(key, running);
    return running;
  }

  async #pods(workload: KubeObject): Promise<readonly KubeObject[]> {
    const labelSelector = podSelector(workload);
    if (labelSelector === undefined) return [];
    const { api } = this.#options;
    const { namespace = '' } = workload.metadata;
    return (await api.list(await api.resourceType('v1', 'Pod'), { namespace, query: { labelSelector } })).items;
  }
}
