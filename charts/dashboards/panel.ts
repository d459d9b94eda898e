/** A question that a panel answers. Data: `dashboard.ts` makes Grafana's JSON of it, tests run every query on a real Prometheus. */
export interface PanelSpec {
  readonly title: string;
  /** What it shows and how to read it; Grafana shows it behind the title. */
  readonly description: string;
  readonly kind: 'graph' | 'stat' | 'table' | 'bars';
  /** Identifier of Grafana's unit, for example `s`, `reqps`, `currencyUSD`. */
  readonly unit: string;
  /** Columns of 24. */
  readonly span: 6 | 8 | 12 | 24;
  readonly queries: readonly QuerySpec[];
  /** A link of each row or series to the traces of `service_name` and, where the query has it, `span_name`. @default none */
  readonly traceLink?: boolean;
  /** The least `$__interval`, for example `1d`: one bar a day. @default the scrape interval */
  readonly minInterval?: string;
}

export interface QuerySpec {
  /** PromQL; `$service` and the other variables, `$__rate_interval`, `$__interval` and `$__range` are filled in by Grafana. */
  readonly expr: string;
  readonly legend: string;
  /** Shows single calls as dots that lead to their traces; only raw series have exemplars, recorded ones do not. @default false */
  readonly exemplar?: boolean;
}

/** The choices by which a person narrows a dashboard, each with its label in the series. */
export const VARIABLES = {
  service: { label: 'Service', series: 'service_name' },
  namespace: { label: 'Namespace', series: 'k8s_namespace_name' },
  environment: { label: 'Environment', series: 'deployment_environment_name' },
  model: { label: 'Model', series: 'gen_ai_request_model' },
} as const;
export type VariableName = keyof typeof VARIABLES;
/** The choices that every series of a workload has a label for. */
export const WORKLOAD_VARIABLES = ['service', 'namespace', 'environment'] as const satisfies readonly VariableName[];
/** The choices of a dashboard about calls to models. */
export const MODEL_VARIABLES = [...WORKLOAD_VARIABLES, 'model'] as const satisfies readonly VariableName[];

export interface DashboardSpec {
  /** Identifier, file name and part of the ConfigMap's name. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** The choices of the dashboard; none if its panels are about the stack and not about a workload. */
  readonly variables: readonly VariableName[];
  readonly panels: readonly PanelSpec[];
}

const matcher = (name: VariableName) => `${VARIABLES[name].series}=~"$${name}"`;

/** Label matchers that every query on a workload's series has. */
export const SERVICE = WORKLOAD_VARIABLES.map(matcher).join(',');
/** Framework steps are no calls to a model (see `api/metrics/stable-metrics.ts`). */
export const MODEL_CALL = `${SERVICE},${matcher('model')},gen_ai_request_model!="unknown"`;

export const rate = (selector: string) => `rate(${selector}[$__rate_interval])`;
/** How much a counter grew in the time range of the dashboard. */
export const growth = (selector: string) => `increase(${selector}[$__range])`;

/** The largest series only: a panel with hundreds of lines answers nothing, and loads for a minute. */
export const largest = (expr: string, count = 20) => `topk(${count}, ${expr})`;

/** p50, p95 and p99 of a classic histogram. `by`: labels that split it; few values, or the panel is full. */
export function quantiles(bucket: string, matchers: string, by: readonly string[] = []): readonly QuerySpec[] {
  return [0.5, 0.95, 0.99].map((quantile) => ({
    expr: bounded(
      `histogram_quantile(${quantile}, sum by (${['le', ...by].join(', ')}) (${rate(`${bucket}{${matchers}}`)}))`,
      by.length > 0,
    ),
    legend: [`p${quantile * 100}`, ...by.map((label) => `{{${label}}}`)].join(' '),
    exemplar: quantile === 0.95,
  }));
}

const bounded = (expr: string, split: boolean) => (split ? largest(expr, 10) : expr);

/** Mean observation of a histogram, by `label`. */
export function mean(histogram: string, matchers: string, label: string): string {
  const sum = (suffix: string) => `sum by (${label}) (${rate(`${histogram}_${suffix}{${matchers}}`)})`;
  return largest(`${sum('sum')} / ${sum('count')}`);
}

/** `part / whole`, and 0 rather than nothing while there is no `part`. */
export function ratio(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / ${whole}`;
}
