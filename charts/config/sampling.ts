import type { SamplingSettings } from '../../api/component-spec.ts';
import { milliseconds } from '../../api/duration.ts';

/** The tail_sampling processor: a trace is kept when any policy keeps it. */
export function tailSampling({ percentage, keepErrors, keepSlowerThan, decisionWait, maxTraces }: SamplingSettings): object {
  return {
    decision_wait: decisionWait,
    num_traces: maxTraces,
    policies: [
      ...(keepErrors ? [{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }] : []),
      { name: 'slow', type: 'latency', latency: { threshold_ms: milliseconds(keepSlowerThan) } },
      { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: percentage } },
    ],
  };
}
