/** A question that a panel answers. Data: `dashboard.ts` makes Grafana's JSON of it, tests run every query on a real Prometheus. */
export interface PanelSpec {
  readonly title: string;
  /** What it shows and how to read it; Grafana shows it behind the title. */
  readonly description: string;
  readonly kind: 'graph' | 'stat' | 'table';
  /** Identifier of Grafana's unit, for example `s`, `reqps`, `currencyUSD`. */
  readonly unit: string;
  /** Columns of 24. */
  readonly span: 6 | 8 | 12 | 24;
  readonly queries: readonly QuerySpec[];
  /** A link of each row or series to the traces of `service_name` and, where the query has it, `span_name`. @default none */
  readonly traceLink?: boolean;
}

export interface QuerySpec {
  /** PromQL; `$service`, `$__rate_interval` and `$__range` are filled in by Grafana. */
  readonly expr: string;
  readonly legend: string;
  /** Shows single calls as dots that lead to their traces; only raw series have exemplars, recorded ones do not. @default false */
  readonly exemplar?: boolean;
}

export interface DashboardSpec {
  /** Identifier, file name and part of the ConfigMap's name. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** false where the panels are about the stack and not about a workload: no `$service` to choose. @default true */
  readonly serviceVariable?: boolean;
  readonly panels: readonly PanelSpec[];
}

/** Label matchers that every query on a workload's series has. */
export const SERVICE = 'service_name=~"$service"';
/** Framework steps are no calls to a model (see `src/metrics/seed.ts`). */
export const MODEL_CALL = `${SERVICE},gen_ai_request_model!="unknown"`;

export const rate = (selector: string) => `rate(${selector}[$__rate_interval])`;

/** p50, p95 and p99 of a classic histogram. `by`: labels that split it. */
export function quantiles(bucket: string, matchers: string, by: readonly string[] = []): readonly QuerySpec[] {
  return [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${['le', ...by].join(', ')}) (${rate(`${bucket}{${matchers}}`)}))`,
    legend: [`p${quantile * 100}`, ...by.map((label) => `{{${label}}}`)].join(' '),
    exemplar: quantile === 0.95,
  }));
}

/** `part / whole`, and 0 rather than nothing while there is no `part`. */
export function ratio(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / ${whole}`;
}
