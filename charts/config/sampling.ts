import type { SamplingSettings } from '../../api/component-spec.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** The tail_sampling processor: a trace is kept when any policy keeps it. */
export function tailSampling({ percentage, keepErrors, keepSlowerThan, decisionWait, maxTraces }: SamplingSettings): object {
  const [, digits = '0', unit = 'ms'] = /^([0-9]+)(ms|s|m)$/.exec(keepSlowerThan) ?? [];
  return {
    decision_wait: decisionWait,
    num_traces: maxTraces,
    policies: [
      ...(keepErrors ? [{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }] : []),
      { name: 'slow', type: 'latency', latency: { threshold_ms: Number(digits) * (MILLISECONDS[unit] ?? 1) } },
      { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: percentage } },
    ],
  };
}
