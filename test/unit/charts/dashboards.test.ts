import { describe, expect, it } from '@jest/globals';
import { INSTRUMENTS } from '../../../api/metrics/instruments.ts';
import { PANEL_QUERIES } from '../../../api/metrics/panel-queries.ts';
import { seriesNames } from '../../../api/metrics/series-name.ts';
import { CALLS_TOTAL, SPAN_DURATION } from '../../../api/metrics/span-metrics.ts';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import { dashboardFiles } from '../../../charts/dashboards/files.ts';
import { DASHBOARDS, dashboardQueries } from '../../../charts/dashboards/index.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { DASHBOARD_RULES, type DashboardFile } from '../../support/assertions/dashboard-lint.ts';
import { sdkFields } from '../../support/assertions/sdk-schema.ts';

const files = Object.entries(dashboardFiles()).map(([slug, text]) => [slug, JSON.parse(text) as DashboardFile] as const);

describe.each(files)('the dashboard %s', (slug, dashboard) => {
  it.each(DASHBOARD_RULES)('keeps the rule $name', ({ check }) => {
    expect(check(dashboard)).toEqual([]);
  });

  it("has a stable uid, and no field that the SDK's schema does not know", () => {
    expect(dashboard.uid).toBe(`duotel-${slug}`);
    const unknown = (module: string, name: string, values: readonly object[]) => {
      const fields = sdkFields(module, name);
      return values.flatMap((value) => Object.keys(value).filter((field) => !fields.has(field)));
    };
    const { panels, templating, links } = dashboard;
    expect(unknown('dashboard', 'Dashboard', [dashboard])).toEqual([]);
    expect(unknown('dashboard', 'Panel', panels)).toEqual([]);
    expect(unknown('dashboard', 'VariableModel', templating.list)).toEqual([]);
    expect(unknown('dashboard', 'DashboardLink', links)).toEqual([]);
    expect(
      unknown(
        'dashboard',
        'FieldConfig',
        panels.map(({ fieldConfig }) => fieldConfig.defaults),
      ),
    ).toEqual([]);
    expect(
      unknown(
        'prometheus',
        'Dataquery',
        panels.flatMap(({ targets }) => targets),
      ),
    ).toEqual([]);
  });

  it('is far from the size that kubectl apply refuses', () => {
    expect(JSON.stringify(dashboard).length).toBeLessThan(128 * 1024);
  });
});

describe('the rules for dashboards', () => {
  const [, example] = files[0] ?? [];
  const broken = (expr: string) => {
    const panel = example?.panels[4];
    if (example === undefined || panel === undefined) throw new Error('no panel');
    const panels = [{ ...panel, targets: [{ ...panel.targets[0], expr, refId: 'A' }] }];
    return DASHBOARD_RULES.filter(({ check }) => check({ ...example, panels } as DashboardFile).length > 0).map(({ name }) => name);
  };

  it('find a counter without rate, a fixed interval and a rate over the wrong one', () => {
    expect(broken('sum(db_requests_total)')).toContain('target-counter-agg-rule');
    expect(broken('sum(increase(db_requests_total[5m]))')).toContain('no hard-coded interval');
    expect(broken('sum(rate(db_requests_total[$__range]))')).toContain('target-rate-interval-rule');
    expect(broken('sum(up{job="$nowhere"})')).toContain('every variable used, every used one defined');
  });
});

describe('the dashboards', () => {
  it('show the four panels of docs/dual-mode.md with its queries, word for word', () => {
    const overview = files.find(([slug]) => slug === 'llm-overview')?.[1].panels ?? [];
    expect(overview.slice(0, 4).map(({ title, targets }) => [title, targets.map(({ expr }) => expr)])).toEqual([
      ['Tokens Generated/sec', [PANEL_QUERIES.tokensPerSecond]],
      ['Cost per Hour', [PANEL_QUERIES.costPerHour]],
      ['Requests by Model', [PANEL_QUERIES.requestsByModel]],
      ['VectorDB Operations', [PANEL_QUERIES.vectorDbOperations]],
    ]);
  });

  it('ask only for series that the catalogue, the rules or the stack itself have', () => {
    const known = new Set([
      ...INSTRUMENTS.flatMap(seriesNames),
      ...STABLE_METRICS.map(({ name }) => name),
      CALLS_TOTAL,
      `${SPAN_DURATION}_bucket`,
      `${SPAN_DURATION}_sum`,
      ...new Metrics().registry.getMetricsAsArray().flatMap(({ name }) => [name, `${name}_bucket`]),
    ]);
    const own = /^(otelcol_|prometheus_(tsdb|rule)_|process_|up$|ALERTS$)/;
    const series = dashboardQueries().flatMap(({ expr }) =>
      [...expr.replace(/\{[^}]*\}|\[[^\]]*\]|(by|on|without)\s*\([^)]*\)/g, ' ').matchAll(/[a-zA-Z_]\w*(?!\w*\s*\()/g)].map(
        ([name]) => name,
      ),
    );
    const unknown = series.filter((name) => !known.has(name) && !own.test(name) && !['or', 'by', 'unless', 'on', 'and'].includes(name));
    expect(unknown).toEqual([]);
    expect(series.length).toBeGreaterThan(40);
  });

  it('fill in every variable of the queries that tests run', () => {
    expect(dashboardQueries().filter(({ expr }) => expr.includes('$'))).toEqual([]);
    expect(dashboardQueries().length).toBe(DASHBOARDS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)).length);
  });

  it('lead from a row to its traces in Jaeger', () => {
    const links = files.flatMap(([, { panels }]) => panels.flatMap(({ fieldConfig }) => fieldConfig.defaults.links ?? []));
    expect(links.length).toBeGreaterThan(2);
    for (const { url } of links) {
      const panes = JSON.parse(decodeURIComponent(url.replace(/^.*&panes=/, '')));
      expect(panes.traces.queries[0]).toMatchObject({
        datasource: { type: 'jaeger', uid: 'jaeger' },
        queryType: 'search',
        service: expect.stringContaining('service_name'),
      });
    }
  });
});
