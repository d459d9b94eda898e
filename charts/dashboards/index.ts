import { cost } from './cost.ts';
import { llmOverview } from './llm-overview.ts';
import { operator } from './operator.ts';
import { type DashboardSpec, VARIABLES } from './panel.ts';
import { rag } from './rag.ts';
import { stackHealth } from './stack-health.ts';
import { traces } from './traces.ts';
import { vectorDb } from './vector-db.ts';

/** Every dashboard, one question each. */
export const DASHBOARDS: readonly DashboardSpec[] = [llmOverview, cost, rag, vectorDb, traces, stackHealth, operator];

export interface DashboardQuery {
  /** Slug of the dashboard. */
  readonly dashboard: string;
  readonly panel: string;
  /** PromQL that Prometheus takes: Grafana's variables are filled in as it would for all services and the last hour. */
  readonly expr: string;
}

/** Grafana's values: `$__rate_interval` is four scrapes of 15 s, or more. */
const FILLED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(VARIABLES).map((name) => [`$${name}`, '.*'])),
  $__rate_interval: '1m',
  $__interval: '1m',
  $__range: '1h',
  $__range_s: '3600',
};

/** Every query of every dashboard, so that tests and the demo can run each on a real Prometheus. */
export function dashboardQueries(): readonly DashboardQuery[] {
  return DASHBOARDS.flatMap((dashboard) =>
    dashboard.panels.flatMap((panel) =>
      panel.queries.map(({ expr }) => ({
        dashboard: dashboard.slug,
        panel: panel.title,
        expr: expr.replace(/\$\w+/g, (name) => FILLED[name] ?? name),
      })),
    ),
  );
}
