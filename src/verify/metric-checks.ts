import { SEED_METRICS, SEED_QUERIES, type SeedMetric } from '../metrics/seed.ts';
import { CALLS_TOTAL, PRODUCER_LABEL } from '../metrics/span-metrics.ts';
import { type Check, formatNumber } from './check.ts';
import type { Sample } from './prometheus.ts';
import type { InjectedWorkload } from './targets.ts';

/** A question to Prometheus, and how its answer is judged. */
export interface MetricQuestion {
  readonly expr: string;
  judge(samples: readonly Sample[]): Check;
}

const NO_TRAFFIC = 'send the app a request that calls a model, and wait 45 s: export, scrape and rules run every 15 s';

/** `{service_name=~"a|b"}`, with what a metric's selector holds beside it. */
function selector(services: readonly string[], ...more: readonly string[]): string {
  const names = services.map((name) => name.replaceAll(/[.+*?()|[\]{}^$\\]/g, '\\$&')).join('|');
  return `{${[`service_name=~${JSON.stringify(names)}`, ...more].join(',')}}`;
}

/** Second step: each name of the source document, with its value for these workloads. A histogram is shown by its number of observations. */
export function seedMetricQuestions(workloads: readonly InjectedWorkload[]): readonly MetricQuestion[] {
  const services = [...new Set(workloads.map((workload) => workload.service))];
  return SEED_METRICS.map((metric) => {
    const label = metric.labels.find((name) => name !== 'service_name' && name !== 'le');
    const filter = metric.name.endsWith('_bucket') ? selector(services, 'le="+Inf"') : selector(services);
    return {
      expr: label === undefined ? `sum(${metric.name}${filter})` : `sum by (${label}) (${metric.name}${filter})`,
      judge: (samples) => judgeMetric(metric, label, workloads, samples),
    };
  });
}

function judgeMetric(
  metric: SeedMetric,
  label: string | undefined,
  workloads: readonly InjectedWorkload[],
  samples: readonly Sample[],
): Check {
  const common = { step: 'prometheus', what: metric.name } as const;
  const expected = workloads.some((workload) => metric.modes.includes(workload.backend));
  if (samples.length === 0) {
    if (!expected) return { ...common, state: 'info', found: reasonOfAbsence(metric) };
    return { ...common, state: 'failed', found: 'no series', hint: NO_TRAFFIC };
  }
  const total = samples.reduce((sum, sample) => sum + sample.value, 0);
  const values = byLabel(samples, label);
  if (metric.name === 'gen_ai_total_cost' && expected && total === 0) {
    const hint = 'the price list was not read: look for "prices" in the log, and for OPENLIT_PRICING_JSON in the pod';
    return { ...common, state: 'failed', found: '0', values, hint };
  }
  return { ...common, state: 'ok', found: show(samples, label, total), values };
}

function reasonOfAbsence(metric: SeedMetric): string {
  return metric.modes.length === 0 ? 'not recorded by the app' : `only in mode ${metric.modes.join(' or ')}`;
}

/** `calls_total` split by producer: unsplit it counts one call up to three times. */
export function producerQuestion(workloads: readonly InjectedWorkload[]): MetricQuestion {
  const filter = selector([...new Set(workloads.map((workload) => workload.service))]);
  return {
    expr: `sum by (${PRODUCER_LABEL}) (${CALLS_TOTAL}${filter})`,
    judge: (samples) => {
      const values = byLabel(samples, PRODUCER_LABEL);
      // Mode `both` shows OpenInference's spans; OpenLIT's are in its metrics.
      const wanted = new Set(workloads.map(({ backend }) => (backend === 'openlit' ? 'openlit' : 'openinference')));
      const missing = [...wanted].filter((producer) => values[producer] === undefined);
      const what = `${CALLS_TOTAL} by ${PRODUCER_LABEL}`;
      const found = samples.length === 0 ? 'no series' : show(samples, PRODUCER_LABEL, undefined);
      if (missing.length === 0) return { step: 'prometheus', what, state: 'ok', found, values };
      const hint = `no span of ${missing.join(', ')} has been counted; ${NO_TRAFFIC}`;
      return { step: 'prometheus', what, state: 'failed', found, values, hint };
    },
  };
}

/** The panels' titles in the source document. */
const TITLES: Readonly<Record<keyof typeof SEED_QUERIES, string>> = {
  tokensPerSecond: 'Tokens Generated/sec',
  costPerHour: 'Cost per Hour',
  requestsByModel: 'Requests by Model',
  vectorDbOperations: 'VectorDB Operations',
};

/** The source document's four dashboard queries, word for word. One that needs OpenLIT is only shown where no workload has it on. */
export function dashboardQuestions(workloads: readonly InjectedWorkload[]): readonly MetricQuestion[] {
  const openlit = workloads.some((workload) => workload.backend !== 'openinference');
  return (Object.keys(SEED_QUERIES) as (keyof typeof SEED_QUERIES)[]).map((key) => ({
    expr: SEED_QUERIES[key],
    judge: (samples) => {
      const common = { step: 'dashboards', what: TITLES[key] } as const;
      const label = { requestsByModel: 'gen_ai_request_model', vectorDbOperations: 'db_system' }[key as string];
      const wanted = openlit || (key !== 'costPerHour' && key !== 'vectorDbOperations');
      if (samples.some((sample) => Number.isFinite(sample.value)))
        return { ...common, state: 'ok', found: show(samples, label, undefined), values: byLabel(samples, label) };
      if (!wanted) return { ...common, state: 'info', found: 'only in mode openlit or both' };
      return { ...common, state: 'failed', found: 'no data', hint: `a rate needs two scrapes; ${NO_TRAFFIC}` };
    },
  }));
}

function byLabel(samples: readonly Sample[], label: string | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(samples.map((sample) => [label === undefined ? '' : (sample.labels[label] ?? ''), sample.value]));
}

function show(samples: readonly Sample[], label: string | undefined, total: number | undefined): string {
  if (label === undefined) return samples.map((sample) => formatNumber(sample.value)).join(', ');
  const parts = samples.map((sample) => `${sample.labels[label] || '(none)'} ${formatNumber(sample.value)}`).sort();
  return total === undefined || samples.length === 1 ? parts.join(', ') : `${formatNumber(total)} (${parts.join(', ')})`;
}
