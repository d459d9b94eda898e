import { cost } from './cost.ts';
import { dashboardJson } from './dashboard.ts';
import { llmOverview } from './llm-overview.ts';
import type { DashboardSpec } from './panel.ts';
import { ragAndVectorDb } from './rag-and-vector-db.ts';
import { stackHealth } from './stack-health.ts';
import { traces } from './traces.ts';

/** Every dashboard, one question each. */
export const DASHBOARDS: readonly DashboardSpec[] = [llmOverview, ragAndVectorDb, traces, cost, stackHealth];

let files: Readonly<Record<string, string>> | undefined;

/** Text of each dashboard's file by its slug. They depend on no setting, so they are made once a process. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  files ??= Object.fromEntries(DASHBOARDS.map((spec) => [spec.slug, `${JSON.stringify(dashboardJson(spec))}\n`]));
  return files;
}

export interface DashboardQuery {
  /** Slug of the dashboard. */
  readonly dashboard: string;
  readonly panel: string;
  /** PromQL that Prometheus takes: Grafana's variables are filled in as it would for all services and the last hour. */
  readonly expr: string;
}

/** What Grafana fills in: `$__rate_interval` is four scrapes of 15 s, and at least that. */
const VARIABLES: Readonly<Record<string, string>> = { $service: '.*', $__rate_interval: '1m', $__range: '1h' };

/** Every query of every dashboard, so that tests and the demo can run each on a real Prometheus. */
export function dashboardQueries(): readonly DashboardQuery[] {
  return DASHBOARDS.flatMap((dashboard) =>
    dashboard.panels.flatMap((panel) =>
      panel.queries.map(({ expr }) => ({
        dashboard: dashboard.slug,
        panel: panel.title,
        expr: expr.replace(/\$\w+/g, (name) => VARIABLES[name] ?? name),
      })),
    ),
  );
}
