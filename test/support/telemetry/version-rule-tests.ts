import { labelName } from '../../../api/metrics/openlit-labels.ts';
import { seriesName } from '../../../api/metrics/series-name.ts';
import { countsDatabase, measuresDuration, OPENLIT_RANGES, type OpenLitVersion, openLitReplay } from '../openlit/openlit-replay.ts';
import type { MetricSpec } from './otlp.ts';
import type { RuleTest } from './rule-tests.ts';

/** What each step of 15 s adds; the cases look after 20 steps. */
const STEP = { calls: 1, input: 100, output: 10, cost: 0.5, dbRequests: 2 };
const STEPS = 20;

/** What promtool takes for what a collector exposes. */
function series({ name, kind, unit, points }: MetricSpec, service: string): readonly object[] {
  const base = seriesName({ name, kind, unit });
  return points.flatMap(({ attributes = {}, value, count = 0 }) => {
    const pairs = Object.entries({ ...attributes, job: service, instance: `${service}-0`, 'service.name': service });
    const one = (suffix: string, each: number, more: readonly string[] = []) => ({
      series: `${base}${suffix}{${[...pairs.map(([key, text]) => `${labelName(key)}="${text}"`), ...more].join(',')}}`,
      values: `0+${each}x${STEPS}`,
    });
    if (kind === 'counter') return [one('', value)];
    return [one('_sum', value), one('_count', count), one('_bucket', count, ['le="+Inf"'])];
  });
}

function versionTest(at: OpenLitVersion): RuleTest {
  const service = `${at.sdk}-${at.version}`;
  const expected = (expr: string, value: number, labels = '{}') => ({
    expr,
    eval_time: '5m',
    exp_samples: [{ labels, value: value * STEPS }],
  });
  return {
    name: `give each stable name to what OpenLIT ${at.version} for ${at.sdk} sends`,
    test: {
      interval: '15s',
      input_series: openLitReplay(at, service, STEP).flatMap((metric) => series(metric, service)),
      promql_expr_test: [
        expected('sum by (service_name) (gen_ai_usage_input_tokens_total)', STEP.input, `{service_name="${service}"}`),
        expected('sum(gen_ai_usage_output_tokens_total)', STEP.output),
        expected('sum by (gen_ai_request_model) (gen_ai_total_requests)', STEP.calls, '{gen_ai_request_model="gpt-4o-mini"}'),
        expected('sum(gen_ai_total_cost)', STEP.cost),
        ...(measuresDuration(at)
          ? [
              expected('sum by (le) (gen_ai_request_duration_seconds_bucket)', STEP.calls, '{le="+Inf"}'),
              expected('sum(gen_ai_request_duration_seconds_count)', STEP.calls),
              expected('sum(gen_ai_request_duration_seconds_sum)', STEP.calls),
            ]
          : []),
        ...(countsDatabase(at) ? [expected('sum by (db_system) (db_total_requests)', STEP.dbRequests, '{db_system="chroma"}')] : []),
      ],
    },
  };
}

/** One case for each range of OpenLIT versions that differ in nothing. */
export const VERSION_RULE_TESTS: readonly RuleTest[] = OPENLIT_RANGES.map(versionTest);
