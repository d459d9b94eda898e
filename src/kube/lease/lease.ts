import type { KubeObject } from '../../../api/kube-object.ts';
import type { Clock, Random } from '../clock.ts';
import { isApiError, type KubeApi, type ResourceType } from '../kube-api.ts';
import { withRequestContext } from '../request-context.ts';
import { versionBefore } from '../watch/resource-version.ts';
import { StaleAnswer } from '../watch/watch-error.ts';
import type { FenceMark, WriteFence } from './fence.ts';
import { electionStep, type LeaseSpec, type Observation, observe } from './lease-rules.ts';

/** Milliseconds. Defaults are those of controller-runtime: 15 s, 10 s and 2 s. */
export interface LeaseTiming {
  /** How long a lease keeps others away after its last renewal. */
  readonly durationMs: number;
  /** How long a leader goes on writing after its last renewal. It is less than `durationMs`, so two never write. */
  readonly renewDeadlineMs: number;
  /** Between two looks at the lease. */
  readonly retryMs: number;
}
export const DEFAULT_LEASE_TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };

export interface LeaseOptions {
  /** Not behind the fence, and without retries of its own. */
  readonly api: KubeApi;
  readonly fence: WriteFence;
  readonly namespace: string;
  readonly name: string;
  /** Of this process, and of no other one ever. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds since 1970, for the times that people read in the lease. No decision depends on it. */
  readonly wallClock?: () => number;
  readonly timing?: LeaseTiming;
  readonly onTrouble?: (error: unknown) => void;
}

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/**
 * Leader election by a Lease. The fence opens with it. It shuts by local clocks, `renewDeadlineMs` after the moment before the last renewal
 * was sent, whatever the network or the scheduler do. Another process takes over no earlier than `durationMs` after it saw that renewal, by
 * its own clock. So times of two machines are never compared.
 */
export class LeaderLease {
  readonly #options: LeaseOptions & { readonly timing: LeaseTiming; readonly wallClock: () => number };
  #seen: Observation | undefined;
  /** The newest version of the lease that we have seen. */
  #newest: string | undefined;
  /** true when the lease was in an older state than that one. */
  #setBack = false;
  /** true after a write of ours that made, or may have made, the lease ours. */
  #claimed = false;
  #held = false;
  readonly #acquired: Promise<void>;
  #markAcquired: () => void = () => undefined;

  constructor(options: LeaseOptions) {
    this.#options = { timing: DEFAULT_LEASE_TIMING, wallClock: Date.now, ...options };
    this.#acquired = new Promise((resolve) => {
      this.#markAcquired = resolve;
    });
  }

  /** Resolves when the lease is ours for the first time. */
  acquired(): Promise<void> {
    return this.#acquired;
  }

  get held(): boolean {
    return this.#held && this.#options.fence.open;
  }

  /**
   * Takes part until `signal` aborts, then gives the lease back. Resolves with `lost` as soon as we have lost the lease. It does so too,
   * with and without the lease, when the cluster was restored from a backup: what this process knows is of another history.
   */
  run(signal: AbortSignal): Promise<'ended' | 'lost'> {
    return withRequestContext(undefined, () => this.#run(signal));
  }

  async #run(signal: AbortSignal): Promise<'ended' | 'lost'> {
    const { clock, random, fence, timing, onTrouble } = this.#options;
    // We wake it ourselves: a lost lease must not wait for the next look.
    const wake = AbortSignal.any([signal, fence.signal]);
    while (!signal.aborted) {
      // Before anything is sent: after a long stop, a process must not make the lease look alive.
      if (this.#lost()) return 'lost';
      try {
        await this.#turn();
      } catch (error) {
        onTrouble?.(error);
      }
      if (this.#lost()) return 'lost';
      // A leader keeps the pace; those that wait do not come all at once.
      await clock.sleep(timing.retryMs * (this.#held ? 1 : 1 + random() / 5), wake);
    }
    await this.#release();
    return 'ended';
  }

  #lost(): boolean {
    if (!this.#setBack && (!this.#held || this.#options.fence.open)) return false;
    this.#held = false;
    return true;
  }

  /** One look at the lease, and what follows from it. */
  async #turn(): Promise<void> {
    const { api, namespace, name, identity, clock, timing, fence } = this.#options;
    await this.#within(async () => {
      const type = await api.resourceType(LEASE.apiVersion, LEASE.kind);
      // If a leader has seen its own last renewal, it need not look again: the write itself tells when somebody was faster.
      if (!this.#held || this.#seen === undefined) {
        this.#seen = this.#observe(this.#seen, await api.get(type, { namespace, name }));
      }
      const seen = this.#seen;
      const step = electionStep(seen, { identity, claimed: this.#claimed, now: clock.now(), durationMs: timing.durationMs });
      if (step === 'wait') {
        if (this.#held) fence.shut();
        return;
      }
      await this.#write(type, step, seen);
    });
  }

  /**
   * A GET without a version, and the answers to writes, show etcd's own state (k8s.io/apiserver, pkg/storage/cacher/delegator.go). An API
   * server that lags behind can give no older one.
   * @throws StaleAnswer, with the fence shut, if the answer is older all the same.
   */
  #observe(before: Observation | undefined, live: KubeObject | undefined): Observation {
    const { namespace, name, clock, fence } = this.#options;
    const version = live?.metadata.resourceVersion;
    if (versionBefore(version, this.#newest)) {
      this.#setBack = true;
      fence.shut();
      const seen = `Lease/${namespace}/${name}: resource version ${version} is older than ${this.#newest}, which was seen before`;
      throw new StaleAnswer(`${seen}: the cluster was restored from a backup, and this process ends to start anew`);
    }
    this.#newest = version ?? this.#newest;
    return observe(before, live, clock.now());
  }

  async #write(type: ResourceType, step: 'create' | 'take' | 'renew', seen: Observation): Promise<void> {
    const { fence, timing } = this.#options;
    // Before the request: the server's own time cannot be earlier.
    const mark = fence.mark();
    const claimedBefore = this.#claimed;
    this.#claimed = true;
    try {
      const answer = await this.#send(type, step, seen);
      this.#seen = this.#observe(seen, answer);
      this.#extend(mark, timing);
    } catch (error) {
      // Whatever has happened, look at the lease before the next write.
      const refused = isApiError(error) && error.body.status >= 400 && error.body.status < 500;
      if (refused && !claimedBefore) this.#claimed = false;
      if (this.#held) this.#seen = undefined;
      // Somebody was faster. That is no failure: the next look says who.
      if (isApiError(error, 'Conflict') || isApiError(error, 'AlreadyExists')) return;
      throw error;
    }
  }

  #extend(mark: FenceMark, timing: LeaseTiming): void {
    this.#options.fence.extend(mark, timing.renewDeadlineMs);
    this.#held = true;
    this.#markAcquired();
  }

  async #send(type: ResourceType, step: 'create' | 'take' | 'renew', seen: Observation): Promise<KubeObject> {
    const { api, namespace, name, identity, timing, wallClock } = this.#options;
    // MicroTime: exactly six digits.
    const now = new Date(wallClock()).toISOString().replace('Z', '000Z');
    const renewed = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(timing.durationMs / 1000), renewTime: now };
    if (step === 'create') {
      const spec: LeaseSpec = { ...renewed, acquireTime: now, leaseTransitions: 0 };
      return api.create(type, { ...LEASE, metadata: { namespace, name }, spec });
    }
    const transitions = seen.spec?.leaseTransitions ?? 0;
    const spec: LeaseSpec = step === 'renew' ? renewed : { ...renewed, acquireTime: now, leaseTransitions: transitions + 1 };
    // The version that we have seen. If two take the lease at once, one is refused.
    const body = { metadata: { resourceVersion: seen.resourceVersion }, spec };
    return api.patch(type, { namespace, name }, 'application/merge-patch+json', body);
  }

  /** Gives the lease back at once, so that nobody has to wait for its end. The fence is shut before. */
  async #release(): Promise<void> {
    const { api, namespace, name, fence, onTrouble } = this.#options;
    const held = this.#held;
    this.#held = false;
    fence.shut();
    const seen = this.#seen;
    if (!held || seen?.spec === undefined) return;
    try {
      await this.#within(async () => {
        const type = await api.resourceType(LEASE.apiVersion, LEASE.kind);
        // One second, as client-go writes it: it marks a lease that was given back, not emptied by somebody.
        const body = { metadata: { resourceVersion: seen.resourceVersion }, spec: { holderIdentity: '', leaseDurationSeconds: 1 } };
        await api.patch(type, { namespace, name }, 'application/merge-patch+json', body);
      });
    } catch (error) {
      onTrouble?.(error);
    }
  }

  /** A request that hangs must leave time for another one before the deadline. */
  async #within<T>(work: () => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(Math.max(1000, this.#options.timing.renewDeadlineMs / 2));
    return await withRequestContext({ priority: 'user', signal }, work);
  }
}
