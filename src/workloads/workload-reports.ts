import type { Metrics } from '../controller/metrics.ts';
import type { Outcome } from '../inject/decision/outcome.ts';

interface Report {
  /** `namespace/name`; undefined when the workload belongs to none. */
  readonly stack: string | undefined;
  readonly outcome: Outcome;
}

/** What this process last found about each workload, and how many it has reverted. */
export class WorkloadReports {
  readonly #metrics: Metrics;
  readonly #onCounts: (stack: string) => void;
  readonly #last = new Map<string, Report>();
  readonly #reverts = new Map<string, { readonly base: number; since: number }>();

  /** @param onCounts called with `namespace/name` of a stack when the counts of its workloads have changed. */
  constructor(metrics: Metrics, onCounts: (stack: string) => void) {
    this.#metrics = metrics;
    this.#onCounts = onCounts;
  }

  has(key: string): boolean {
    return this.#last.has(key);
  }

  outcome(key: string): Outcome | undefined {
    return this.#last.get(key)?.outcome;
  }

  /** Remembers what was found and publishes the difference. No outcome: the workload does not concern us any more. */
  note(key: string, stack: string | undefined, outcome: Outcome | undefined): void {
    const before = this.#last.get(key);
    if (before?.stack === stack && before?.outcome.reason === outcome?.reason) return;
    if (before !== undefined) this.#metrics.workloads.dec({ state: before.outcome.state, reason: before.outcome.reason });
    if (outcome === undefined) this.#last.delete(key);
    else {
      this.#metrics.workloads.inc({ state: outcome.state, reason: outcome.reason });
      this.#last.set(key, { stack, outcome });
    }
    for (const one of new Set([before?.stack, stack])) if (one !== undefined) this.#onCounts(one);
  }

  /** @param told how many the stack's status counted as reverted when this process began. Those that this process reverted are added. */
  reverted(stack: string, told: number): number {
    const count = this.#reverts.get(stack) ?? { base: told, since: 0 };
    this.#reverts.set(stack, count);
    return count.base + count.since;
  }

  /** The stack is gone. A later stack of its name starts with what its own status says. */
  forget(stack: string): void {
    this.#reverts.delete(stack);
  }

  /** Adds one. {@link reverted} must have been asked before, since it brings the former count. */
  addRevert(stack: string | undefined): void {
    const count = stack === undefined ? undefined : this.#reverts.get(stack);
    if (count !== undefined) count.since += 1;
  }
}
