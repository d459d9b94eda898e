import { PanelBuilder as BarsBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import { BarGaugeDisplayMode, GraphDrawStyle, VizOrientation } from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { DB_REQUESTS, LLM_REQUESTS, OPERATION_DURATION } from '../../api/metrics/instruments.ts';
import { seriesName } from '../../api/metrics/series-name.ts';
import { CALLS_TOTAL } from '../../api/metrics/span-metrics.ts';
import { JAEGER_UID } from '../config/grafana.ts';
import { type DashboardSpec, type PanelSpec, type QuerySpec, VARIABLES, type VariableName } from './panel.ts';

/** A variable as Grafana writes it. */
const variable = (name: string) => `\${${name}}`;

const DATASOURCE = { type: 'prometheus', uid: variable('datasource') };
const PANEL_HEIGHT = 8;
const TAG = 'duotel';

/** Series whose service_name is a workload's. The collector's and Jaeger's own are not in the choice. */
const WORKLOAD_SERIES = [CALLS_TOTAL, `${seriesName(OPERATION_DURATION)}_count`, seriesName(DB_REQUESTS), seriesName(LLM_REQUESTS)].join(
  '|',
);

/** Grafana's classic dashboard model, which every Grafana since 10 provisions from a file. */
export function dashboardJson(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(`duotel-${spec.slug}`)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
  for (const name of spec.variables) builder.withVariable(choice(name));
  // A link from one question to the next, for the same workloads and the same time.
  const others = new DashboardLinkBuilder('Duotel').type(DashboardLinkType.Dashboards).tags([TAG]).asDropdown(true);
  builder.link(others.includeVars(true).keepTime(true));
  spec.panels.forEach((panel, index) => {
    builder.withPanel({ build: () => panelJson(panel, index + 1) });
  });
  return builder.build();
}

/** The values that exist; people choose any number of them. */
function choice(name: VariableName): QueryVariableBuilder {
  const { label, series } = VARIABLES[name];
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(`label_values({__name__=~"${WORKLOAD_SERIES}"}, ${series})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

function panelJson(spec: PanelSpec, id: number): Panel {
  const builder = panelBuilder(spec)
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.span)
    .height(PANEL_HEIGHT);
  spec.queries.forEach((query, index) => {
    builder.withTarget(target(spec, query, String.fromCharCode(65 + index)));
  });
  if (spec.minInterval !== undefined) builder.interval(spec.minInterval);
  if (spec.traceLink === true) builder.dataLinks([traceLink(spec.kind === 'table')]);
  return builder.build();
}

function panelBuilder({ kind, minInterval }: PanelSpec): GraphBuilder | StatBuilder | TableBuilder | BarsBuilder {
  switch (kind) {
    case 'graph':
      return minInterval === undefined
        ? new GraphBuilder().fillOpacity(10)
        : new GraphBuilder().drawStyle(GraphDrawStyle.Bars).fillOpacity(80);
    case 'stat':
      return new StatBuilder();
    case 'bars':
      return new BarsBuilder().orientation(VizOrientation.Horizontal).displayMode(BarGaugeDisplayMode.Basic);
    case 'table':
      // An instant query gives one frame a series: merged, each series is a row.
      return new TableBuilder().withTransformation({ id: 'merge', options: {} });
  }
}

function target({ kind }: PanelSpec, { expr, legend, exemplar }: QuerySpec, refId: string): DataqueryBuilder {
  // A table names its columns after the queries' ids and ignores legends.
  const id = kind === 'table' && legend !== '' ? legend : refId;
  const query = new DataqueryBuilder().datasource(DATASOURCE).expr(expr).refId(id);
  if (kind === 'table') return query.instant().format(PromQueryFormat.Table);
  if (kind === 'bars') return query.instant().legendFormat(legend);
  query.range().legendFormat(legend);
  return exemplar === true ? query.exemplar(true) : query;
}

/** Jaeger's search in Grafana's Explore, for the service (and operation) of a row. */
function traceLink(fields: boolean): DashboardLinkBuilder {
  const label = (name: string) => variable(`${fields ? '__data.fields' : '__field.labels'}.${name}`);
  const pane = {
    datasource: JAEGER_UID,
    queries: [
      {
        refId: 'A',
        datasource: { type: 'jaeger', uid: JAEGER_UID },
        queryType: 'search',
        service: label('service_name'),
        ...(fields && { operation: label('span_name') }),
      },
    ],
    range: { from: variable('__from'), to: variable('__to') },
  };
  // Grafana fills in variables before the browser reads the address, so their braces must stay as they are.
  const panes = encodeURIComponent(JSON.stringify({ traces: pane })).replace(/%24%7B(.*?)%7D/g, (_, name: string) => variable(name));
  return new DashboardLinkBuilder('Traces').url(`/explore?schemaVersion=1&panes=${panes}`).targetBlank(true);
}
