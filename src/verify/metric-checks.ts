import { PANEL_QUERIES } from '../../api/metrics/panel-queries.ts';
import { CALLS_TOTAL, PRODUCER_LABEL } from '../../api/metrics/span-metrics.ts';
import { STABLE_METRICS, type StableMetric } from '../../api/metrics/stable-metrics.ts';
import type { InjectedWorkload } from '../survey/targets.ts';
import { type Check, formatNumber } from './check.ts';
import type { Sample } from './prometheus.ts';

/** A question to Prometheus, and how its answer is judged. */
export interface MetricQuestion {
  readonly expr: string;
  judge(samples: readonly Sample[]): Check;
}

const NO_TRAFFIC = 'send the app a request that calls a model, and wait 45 s: export, scrape and rules run every 15 s';

/** Label that the collector makes of the resource attribute `k8s.namespace.name` (charts/config/collector.ts), on every series it exposes. */
const NAMESPACE_LABEL = 'k8s_namespace_name';

/**
 * The sum of one workload's series, by `label` and by namespace. Series without the namespace are asked for too (the empty alternative):
 * an app that states its resource attributes itself may leave it out.
 */
function sumOf(metric: string, { service, namespace }: InjectedWorkload, label: string | undefined, ...more: readonly string[]): string {
  const matchers = [`service_name=${JSON.stringify(service)}`, `${NAMESPACE_LABEL}=~${JSON.stringify(`${namespace}|`)}`, ...more];
  const labels = label === undefined ? NAMESPACE_LABEL : `${label}, ${NAMESPACE_LABEL}`;
  return `sum by (${labels}) (${metric}{${matchers.join(',')}})`;
}

/** The workload's own samples. If their labels can not tell, what to say of them. */
function ownSamples(workload: InjectedWorkload, samples: readonly Sample[]): { readonly own: readonly Sample[]; readonly note: string } {
  const named = samples.filter(({ labels }) => labels[NAMESPACE_LABEL] === workload.namespace);
  if (named.length > 0) return { own: named, note: '' };
  const nameless = samples.filter(({ labels }) => (labels[NAMESPACE_LABEL] ?? '') === '');
  const note = nameless.length > 0 ? `; the series have no ${NAMESPACE_LABEL}: of ${workload.service} in any namespace` : '';
  return { own: nameless, note };
}

/** Second step: each stable name, with its value for this workload. A histogram is shown by its number of observations. */
export function stableMetricQuestions(workload: InjectedWorkload): readonly MetricQuestion[] {
  return STABLE_METRICS.map((metric) => {
    const label = metric.labels.find((name) => name !== 'service_name' && name !== 'le');
    const more = metric.name.endsWith('_bucket') ? ['le="+Inf"'] : [];
    return {
      expr: sumOf(metric.name, workload, label, ...more),
      judge: (samples) => judgeMetric(metric, label, workload, samples),
    };
  });
}

/** Names whose total is above zero wherever one call has been measured, and what a zero means. */
const ZERO_MEANS: Readonly<Record<string, string>> = {
  gen_ai_usage_input_tokens_total: `no token has been measured; ${NO_TRAFFIC}`,
  gen_ai_usage_output_tokens_total: `no token has been measured; ${NO_TRAFFIC}`,
  gen_ai_total_requests: `no call has been counted; ${NO_TRAFFIC}`,
  gen_ai_total_cost: 'the price list was not read: look for "prices" in the log, and for OPENLIT_PRICING_JSON in the pod',
  db_total_requests: 'no request to the vector database has been counted: send the app one, and wait 45 s',
};

function judgeMetric(metric: StableMetric, label: string | undefined, workload: InjectedWorkload, samples: readonly Sample[]): Check {
  const common = { step: 'prometheus', what: metric.name } as const;
  const expected = metric.modes.includes(workload.backend);
  const { own, note } = ownSamples(workload, samples);
  if (own.length === 0) {
    if (!expected) return { ...common, state: 'info', found: reasonOfAbsence(metric) };
    return { ...common, state: 'failed', found: 'no series', hint: NO_TRAFFIC };
  }
  const total = own.reduce((sum, sample) => sum + sample.value, 0);
  const values = byLabel(own, label);
  const hint = ZERO_MEANS[metric.name];
  if (hint !== undefined && expected && workload.backend !== 'openinference' && !(total > 0)) {
    return { ...common, state: 'failed', found: `${formatNumber(total)}${note}`, values, hint };
  }
  return { ...common, state: 'ok', found: `${show(own, label, total)}${note}`, values };
}

function reasonOfAbsence(metric: StableMetric): string {
  return metric.modes.length === 0 ? 'not recorded by the app' : `only in mode ${metric.modes.join(' or ')}`;
}

/** `calls_total` split by producer: unsplit it counts one call up to three times. */
export function producerQuestion(workload: InjectedWorkload): MetricQuestion {
  return {
    expr: sumOf(CALLS_TOTAL, workload, PRODUCER_LABEL),
    judge: (samples) => {
      const { own, note } = ownSamples(workload, samples);
      const values = byLabel(own, PRODUCER_LABEL);
      // Mode `both` shows OpenInference's spans; OpenLIT's are in its metrics.
      const wanted = workload.backend === 'openlit' ? 'openlit' : 'openinference';
      const what = `${CALLS_TOTAL} by ${PRODUCER_LABEL}`;
      const found = own.length === 0 ? 'no series' : `${show(own, PRODUCER_LABEL, undefined)}${note}`;
      if ((values[wanted] ?? 0) > 0) return { step: 'prometheus', what, state: 'ok', found, values };
      return { step: 'prometheus', what, state: 'failed', found, values, hint: `no span of ${wanted} has been counted; ${NO_TRAFFIC}` };
    },
  };
}

/** The panels' titles. */
const TITLES: Readonly<Record<keyof typeof PANEL_QUERIES, string>> = {
  tokensPerSecond: 'Tokens Generated/sec',
  costPerHour: 'Cost per Hour',
  requestsByModel: 'Requests by Model',
  vectorDbOperations: 'VectorDB Operations',
};

/** The scope of the dashboard queries: they name no workload. */
const SCOPE = 'of the whole stack';

/**
 * The four dashboard queries of docs/dual-mode.md, word for word. They cover every workload of the stack, verified or not. If no workload
 * has OpenLIT on, a query that needs it is only shown.
 */
export function dashboardQuestions(workloads: readonly InjectedWorkload[]): readonly MetricQuestion[] {
  const openlit = workloads.some((workload) => workload.backend !== 'openinference');
  return (Object.keys(PANEL_QUERIES) as (keyof typeof PANEL_QUERIES)[]).map((key) => ({
    expr: PANEL_QUERIES[key],
    judge: (samples) => {
      const common = { step: 'dashboards', what: TITLES[key] } as const;
      const label = { requestsByModel: 'gen_ai_request_model', vectorDbOperations: 'db_system' }[key as string];
      const wanted = openlit || (key !== 'costPerHour' && key !== 'vectorDbOperations');
      if (samples.some((sample) => Number.isFinite(sample.value)))
        return { ...common, state: 'ok', found: `${show(samples, label, undefined)}; ${SCOPE}`, values: byLabel(samples, label) };
      if (!wanted) return { ...common, state: 'info', found: 'only in mode openlit or both' };
      return { ...common, state: 'failed', found: `no data; ${SCOPE}`, hint: `a rate needs two scrapes; ${NO_TRAFFIC}` };
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
