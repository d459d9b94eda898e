import { describe, expect, it } from '@jest/globals';
import { DASHBOARDS, dashboardFiles, dashboardQueries } from '../../../charts/dashboards/index.ts';
import { INSTRUMENTS } from '../../../src/metrics/instruments.ts';
import { SEED_METRICS, SEED_QUERIES } from '../../../src/metrics/seed.ts';
import { seriesNames } from '../../../src/metrics/series-name.ts';
import { CALLS_TOTAL, SPAN_DURATION } from '../../../src/metrics/span-metrics.ts';

interface DashboardFile {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly datasource: { readonly uid: string };
    readonly fieldConfig: { readonly defaults: { readonly unit?: string; readonly links?: readonly { readonly url: string }[] } };
    readonly targets: readonly { readonly expr: string; readonly refId: string; readonly exemplar?: boolean }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const files = Object.entries(dashboardFiles()).map(([slug, text]) => [slug, JSON.parse(text) as DashboardFile] as const);

describe.each(files)('the dashboard %s', (slug, dashboard) => {
  it('has a stable uid, and panels with distinct ids, a title, a description, a unit and a chosen data source', () => {
    expect(dashboard.uid).toBe(`duotel-${slug}`);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const panel of dashboard.panels) {
      expect(panel.title).not.toBe('');
      expect(panel.description).toMatch(/\.$/);
      expect(panel.fieldConfig.defaults.unit).toBeDefined();
      expect(panel.datasource.uid).toBe(['$', '{datasource}'].join(''));
      expect(new Set(panel.targets.map(({ refId }) => refId)).size).toBe(panel.targets.length);
    }
  });

  it('uses no variable that it does not define', () => {
    const names = [...dashboard.templating.list.map(({ name }) => name), '__rate_interval', '__range'];
    const used = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name)),
    );
    for (const name of used) expect(names).toContain(name);
  });
});

describe('the dashboards', () => {
  it("show the source document's four panels with its queries, word for word", () => {
    const overview = files.find(([slug]) => slug === 'llm-overview')?.[1].panels ?? [];
    expect(overview.slice(0, 4).map(({ title, targets }) => [title, targets.map(({ expr }) => expr)])).toEqual([
      ['Tokens Generated/sec', [SEED_QUERIES.tokensPerSecond]],
      ['Cost per Hour', [SEED_QUERIES.costPerHour]],
      ['Requests by Model', [SEED_QUERIES.requestsByModel]],
      ['VectorDB Operations', [SEED_QUERIES.vectorDbOperations]],
    ]);
  });

  it('ask only for series that the catalogue, the rules or the stack itself have', () => {
    const known = new Set([
      ...INSTRUMENTS.flatMap(seriesNames),
      ...SEED_METRICS.map(({ name }) => name),
      CALLS_TOTAL,
      `${SPAN_DURATION}_bucket`,
    ]);
    const own = /^(otelcol_|prometheus_tsdb_|process_|up$|ALERTS$)/;
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
