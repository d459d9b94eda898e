import { STABLE_METRICS } from '../../api/metrics/stable-metrics.ts';

/** Recording rules: they give the stable names of docs/dual-mode.md to what the installed OpenLIT version, or the collector, really sends. */
export function recordingRules(): object {
  return {
    groups: [
      {
        name: 'duotel-names',
        rules: STABLE_METRICS.flatMap((metric) =>
          metric.source.kind === 'recorded' ? [{ record: metric.name, expr: metric.source.expr }] : [],
        ),
      },
    ],
  };
}
