import { PANEL_QUERIES } from '../../../api/metrics/panel-queries.ts';

/** The parts of Grafana's dashboard JSON that the rules look at. */
export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly links: readonly {
    readonly type: string;
    readonly tags: readonly string[];
    readonly includeVars: boolean;
    readonly keepTime: boolean;
  }[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly label?: string;
      readonly datasource?: { readonly uid: string };
      readonly query?: unknown;
      readonly refresh?: number;
      readonly multi?: boolean;
      readonly allValue?: string;
    }[];
  };
  readonly panels: readonly PanelFile[];
}

export interface PanelFile {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly fieldConfig: { readonly defaults: { readonly unit?: string; readonly links?: readonly { readonly url: string }[] } };
  readonly targets: readonly {
    readonly expr: string;
    readonly refId: string;
    readonly exemplar?: boolean;
    readonly datasource?: { readonly uid: string };
  }[];
}

interface Rule {
  /** Name in grafana/dashboard-linter, or our own. */
  readonly name: string;
  /** What is wrong; empty when nothing is. */
  readonly check: (dashboard: DashboardFile) => readonly string[];
}

const PROMISED: ReadonlySet<string> = new Set(Object.values(PANEL_QUERIES));
const CHOSEN = ['$', '{datasource}'].join('');

/** Every expression but those of docs/dual-mode.md, which are shown word for word. */
function expressions({ panels }: DashboardFile): readonly { readonly where: string; readonly expr: string }[] {
  return panels.flatMap(({ title, targets }) =>
    targets.filter(({ expr }) => !PROMISED.has(expr)).map(({ expr, refId }) => ({ where: `${title} ${refId}`, expr })),
  );
}

const wrong = (dashboard: DashboardFile, test: (expr: string) => boolean): readonly string[] =>
  expressions(dashboard)
    .filter(({ expr }) => test(expr))
    .map(({ where, expr }) => `${where}: ${expr}`);

/** A counter outside rate(), irate() and increase(): its value says only how long a process has run. */
function bareCounter(expr: string): boolean {
  const covered = expr.replace(/\b(rate|irate|increase)\((?:[^()]|\{[^}]*\})*\)/g, ' ');
  return /\b\w+_total\b/.test(covered.replace(/"[^"]*"/g, '""'));
}

/**
 * The rules of grafana/dashboard-linter that fit dashboards about services, and our own. Left out: template-job-rule,
 * template-instance-rule, target-job-rule and target-instance-rule (a workload is chosen by service_name, namespace and environment: job and
 * instance are made of them), and those on Loki.
 */
export const DASHBOARD_RULES: readonly Rule[] = [
  {
    name: 'template-datasource-rule',
    check: ({ templating }) => {
      const sources = templating.list.filter(({ type }) => type === 'datasource');
      return sources.length === 1 && sources[0]?.query === 'prometheus' ? [] : ['one variable for the data source, of type prometheus'];
    },
  },
  {
    name: 'template-label-promql-rule',
    check: ({ templating }) =>
      templating.list
        .filter(({ type, query }) => type === 'query' && !/^label_values\(\{.+\}, \w+\)$/.test(String(query)))
        .map(({ name, query }) => `${name}: ${String(query)}`),
  },
  {
    name: 'template-on-time-change-reload-rule',
    check: ({ templating }) => templating.list.filter(({ type, refresh }) => type === 'query' && refresh !== 2).map(({ name }) => name),
  },
  {
    name: 'panel-datasource-rule',
    check: ({ panels }) =>
      panels
        .filter(({ datasource, targets }) => [datasource, ...targets.map((target) => target.datasource)].some((one) => one?.uid !== CHOSEN))
        .map(({ title }) => title),
  },
  {
    name: 'panel-title-description-rule',
    check: ({ panels }) => panels.filter(({ title, description }) => title === '' || !description.endsWith('.')).map(({ title }) => title),
  },
  {
    name: 'panel-units-rule',
    check: ({ panels }) => panels.filter(({ fieldConfig }) => !fieldConfig.defaults.unit).map(({ title }) => title),
  },
  { name: 'panel-no-targets-rule', check: ({ panels }) => panels.filter(({ targets }) => targets.length === 0).map(({ title }) => title) },
  { name: 'uneditable-dashboard-rule', check: ({ editable }) => (editable ? ['editable'] : []) },
  {
    name: 'target-rate-interval-rule',
    check: (dashboard) => wrong(dashboard, (expr) => /\b(rate|irate)\([^[]*\[(?!\$__rate_interval\])/.test(expr)),
  },
  { name: 'target-counter-agg-rule', check: (dashboard) => wrong(dashboard, bareCounter) },
  { name: 'no hard-coded interval', check: (dashboard) => wrong(dashboard, (expr) => /\[\d/.test(expr)) },
  {
    name: 'distinct panel and query ids',
    check: ({ panels }) => {
      const twice = (ids: readonly unknown[]): boolean => new Set(ids).size !== ids.length;
      return [
        ...(twice(panels.map(({ id }) => id)) ? ['panel ids'] : []),
        ...panels.filter(({ targets }) => twice(targets.map(({ refId }) => refId))).map(({ title }) => title),
      ];
    },
  },
  {
    name: 'every variable used, every used one defined',
    check: ({ templating, panels }) => {
      const defined = templating.list.map(({ name }) => name).filter((name) => name !== 'datasource');
      const used = new Set(
        panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => [...expr.matchAll(/\$([a-z]\w*)/g)].map(([, name]) => name))),
      );
      return [
        ...defined.filter((name) => !used.has(name)),
        ...[...used].filter((name) => name !== undefined && !defined.includes(name)),
      ].map(String);
    },
  },
  {
    name: 'a way to the other dashboards, with what is chosen',
    check: ({ links }) =>
      links.some(({ type, tags, includeVars, keepTime }) => type === 'dashboards' && tags.includes('duotel') && includeVars && keepTime)
        ? []
        : ['no link'],
  },
];
