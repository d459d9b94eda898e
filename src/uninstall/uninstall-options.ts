import type { Clock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';

export interface UninstallOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** `revert`: workloads get their former template back first. `keep`: their pods keep what they have. */
  readonly workloads: 'revert' | 'keep';
  /** Changes nothing; says what would be done. */
  readonly dryRun: boolean;
  /** Called for each step, when it is done (or would be). */
  readonly onStep: (step: UninstallStep) => void;
  /** Milliseconds that the operator may take to revert all workloads. Default 2 minutes. */
  readonly limitMs?: number;
}

export interface UninstallStep {
  /** `Kind/namespace/name`. */
  readonly object: string;
  /** `gone`: somebody deleted it meanwhile, or is about to. `failed`: it was refused, and the others were not. */
  readonly action: 'opted out' | 'reverted' | 'annotations removed' | 'deleted' | 'gone' | 'not looked for' | 'failed';
  /** What stays undone, why, and what to do. */
  readonly message?: string;
}
