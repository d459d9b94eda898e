import type { Clock, Random } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { WriteFence } from '../kube/lease/fence.ts';
import { LeaderLease, type LeaseTiming } from '../kube/lease/lease.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** How several operators agree on the one that writes. */
export interface Election {
  /** For the lease alone: the fence does not stop it. */
  readonly api: KubeApi;
  /** Stands before the writes of everything else. */
  readonly fence: WriteFence;
  /** The identity of this process and of no other one ever: the host's name and a random part. */
  readonly identity: string;
  readonly timing?: LeaseTiming;
}

/**
 * The lease was taken from us, could not be renewed, or tells that the cluster was restored. The memory of this process may be of the past.
 * So the process ends, and a new one begins.
 */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
  constructor() {
    super('the lease is lost: this process ends, so that it starts anew with what the cluster is');
  }
}

export interface Membership {
  /** Resolves when this process may write. If it never may, the promise stays open. */
  readonly leading: Promise<void>;
  /** Gives the lease back, or stops waiting for it. No write is sent after that. */
  leave(): Promise<void>;
}

export interface JoinOptions {
  readonly election: Election;
  /** Name and namespace of the Lease. */
  readonly name: string;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Called once, when we have lost the lease, or the cluster was restored from a backup. */
  readonly onLost: () => void;
}

/** Takes part in the election for a Lease. */
export function joinElection({ election, name, namespace, clock, random, logger, metrics, onLost }: JoinOptions): Membership {
  const stop = new AbortController();
  const status = (value: 0 | 1): void => metrics.leader.set({ name }, value);
  status(0);
  const lease = new LeaderLease({
    ...election,
    namespace,
    name,
    clock,
    random,
    onTrouble: (error) => logger.warn('lease not renewed', { lease: `${namespace}/${name}`, error: errorText(error) }),
  });
  logger.info('waiting for the lease', { lease: `${namespace}/${name}`, identity: election.identity });
  const ended = lease.run(stop.signal).then((outcome) => {
    status(0);
    if (outcome === 'lost') onLost();
  });
  const leading = lease.acquired().then(() => {
    status(1);
    logger.info('the lease is ours', { lease: `${namespace}/${name}`, identity: election.identity });
  });
  return {
    leading,
    leave() {
      stop.abort();
      return ended;
    },
  };
}
