import { SEED_METRICS } from '../../api/metrics/seed.ts';

/** Recording rules that give the source document's names to what the installed OpenLIT version, or the collector, really sends. */
export function recordingRules(): object {
  return {
    groups: [
      {
        name: 'duotel-names',
        rules: SEED_METRICS.flatMap((metric) =>
          metric.source.kind === 'recorded' ? [{ record: metric.name, expr: metric.source.expr }] : [],
        ),
      },
    ],
  };
}
