/** Prints docs/reference/dashboards.md, made from charts/dashboards: `node tools/reference-dashboards.ts > docs/reference/dashboards.md`. */
import { fileURLToPath } from 'node:url';
import { DASHBOARDS } from '../charts/dashboards/index.ts';
import { type DashboardSpec, SERVICE } from '../charts/dashboards/panel.ts';
import { code, markdownTable } from './lib/markdown-table.ts';

/** The page's text. */
export function dashboardsReference(): string {
  return [
    '# Dashboards',
    '',
    '<!-- Made from charts/dashboards by `node tools/reference-dashboards.ts > docs/reference/dashboards.md`; a test fails when it is stale. -->',
    '',
    'Grafana has these dashboards from its first start. Each answers one question; each panel says behind its title what it shows.',
    '`test/golden/stack/stack-flow.test.ts` runs every query below on a real Prometheus.',
    '',
    `\`…\` stands for the choices above a dashboard: ${code(SERVICE)}. Grafana fills in every`,
    'name that begins with `$`.',
    '',
    ...DASHBOARDS.flatMap(section),
  ].join('\n');
}

function section({ title, slug, description, panels }: DashboardSpec): readonly string[] {
  return [
    `## ${title}`,
    `${description} (${code(`duotel-${slug}`)})`,
    '',
    ...markdownTable(
      ['panel', 'shows', 'queries'],
      panels.map((panel) => [
        panel.title,
        panel.description,
        panel.queries.map(({ expr }) => code(expr.replaceAll(SERVICE, '…'))).join('<br>'),
      ]),
    ),
    '',
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(dashboardsReference());
