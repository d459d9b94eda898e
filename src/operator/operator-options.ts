import type { Election } from '../controller/leadership.ts';
import type { Logger } from '../controller/logger.ts';
import type { Metrics } from '../controller/metrics.ts';
import type { Clock, Random, WallClock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import type { Synth } from '../stacks/rendered-stacks.ts';

export interface OperatorOptions {
  readonly api: KubeApi;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Its own namespace: where stacks are. */
  readonly namespace: string;
  /** Namespaces whose workloads are looked at; nothing is read or written elsewhere. Default: all. */
  readonly scope?: readonly string[];
  /** Where probes and metrics are served; undefined: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Undefined: this process is the only one, and writes without a lease. */
  readonly election?: Election;
  /** The longest time between two lists of a kind. Default 30 minutes. */
  readonly relistMs?: number;
  /** Makes the objects of a stack. Default: the charts; tests put faults here. */
  readonly synth?: Synth;
  /** A program may be deleted if it is older than the operator's newest ReplicaSet by this many milliseconds. Default an hour. */
  readonly programMarginMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the machine's. */
  readonly wallClock?: WallClock;
  /** Default: Math.random. */
  readonly random?: Random;
}

/** With what holds for an option that is not given. */
export type ResolvedOperatorOptions = OperatorOptions & Required<Pick<OperatorOptions, 'synth' | 'clock' | 'wallClock' | 'random'>>;
