import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BACKENDS } from '../../../api/annotations.ts';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import { telemetryStackCrd } from '../../../api/telemetry-stack-crd.ts';
import { dualModeTables } from '../../../tools/dual-mode-tables.ts';
import { dashboardsReference } from '../../../tools/reference-dashboards.ts';
import { markedTables } from '../../support/assertions/marked-tables.ts';

const at = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const PAGE = 'docs/dual-mode.md';

/** Figures of the page, each with the file that measures it and how that file states it. */
const FIGURES: readonly (readonly [figure: string, file: string, stated: RegExp])[] = [
  ['51 spans in 6 traces', 'test/golden/python/test_modes.py', /"both": \{"spans": 51, "traces": 6,/],
  ['51 spans in 6 traces', 'tools/demo/exactness.ts', /RUN = \{ spans: 51, traces: 6 \}/],
  ['`openlit` alone sends 110', 'test/golden/python/test_modes.py', /"openlit": \{"spans": 110,/],
  ['55 spans in 10 traces', 'test/golden/python/test_modes.py', /\(len\(capture\.spans\), len\(capture\.traces\)\) == \(55, 10\)/],
  ['467 prompt tokens and 28 completion tokens', 'test/golden/python/test_modes.py', /completion_tokens"\]\) == \(467, 28\)/],
  ['8.685e-5 USD', 'test/e2e/journey.test.ts', /toBeCloseTo\(8\.685e-5, 12\)/],
  ['OpenLIT 1.40.0 and 1.45.0', 'test/support/openlit/openlit-versions.ts', /1\.40\.0[\s\S]*1\.45\.0/],
  ['start 3 ms later', 'bootstrap/python/README.md', /`python -c pass` takes 3 ms more/],
  ['0 writes in 60 s', 'docs/benchmarks.md', /settled: writes in 60 s \| 0 \|/],
  ['500 injected workloads', 'docs/benchmarks.md', /500 annotated/],
  ['sent every 15 s', 'src/inject/change/variables.ts', /OTEL_METRIC_EXPORT_INTERVAL',\s+content: '15000'/],
  ['gives up after 2 s', 'src/inject/change/variables.ts', /EXPORT_TIMEOUT_S = 2;/],
  ['one rollout, whichever tool', 'docs/gitops.md', /changes duotel\.io\/backend from both to openlit \| 0 \| 1, 1 \|/],
];

describe('docs/dual-mode.md', () => {
  const page = read(PAGE);
  const words = page.replaceAll(/\s+/g, ' ');

  it('has the names, lines, checks and panels of the code', async () => {
    const { text, wanted } = markedTables(at(PAGE), await dualModeTables());
    expect(text).toBe(wanted);
  });

  it('names every mode, and no other', () => {
    const [, section = ''] = page.split('\n## Modes\n');
    const modes = [...(section.split('\n### ')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, mode]) => mode);
    expect(modes.filter((mode) => mode !== 'duotel')).toEqual([...BACKENDS]);
  });

  it.each(FIGURES)('takes "%s" from %s', (figure, file, stated) => {
    expect(words).toContain(figure);
    expect(read(file)).toMatch(stated);
  });

  it('promises tokens, cost and vector database metrics in the modes that the catalogue has them in', () => {
    const rows = {
      'Token metrics': 'gen_ai_usage_input_tokens_total',
      Cost: 'gen_ai_total_cost',
      'Vector database metrics': 'db_total_requests',
    };
    for (const [row, name] of Object.entries(rows)) {
      const cells = new RegExp(`^\\| ${row} \\| (.*) \\| (.*) \\| (.*) \\|$`, 'm').exec(page)?.slice(1) ?? [];
      const modes = STABLE_METRICS.find((metric) => metric.name === name)?.modes ?? [];
      expect([row, ...cells.map((cell) => cell.startsWith('yes'))]).toEqual([
        row,
        ...(['openinference', 'openlit', 'both'] as const).map((mode) => modes.includes(mode)),
      ]);
    }
  });

  it('names no file that is not there', () => {
    const named = [...page.matchAll(/`((?:test|examples|docs|src|charts)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    const linked = [...page.matchAll(/\]\(([\w./-]+)(?:#\w+)?\)/g)].map(([, path = '']) => new URL(path, at(PAGE)).pathname);
    expect(named.filter((path) => !existsSync(at(path)))).toEqual([]);
    expect(linked.filter((path) => !existsSync(path))).toEqual([]);
    expect([named.length > 5, linked.length > 5]).toEqual([true, true]);
  });

  it('names settings of the TelemetryStack that there are', () => {
    const crd = JSON.stringify(telemetryStackCrd());
    const fields = [...page.matchAll(/`spec\.[\w.]*?(\w+)(?:: \w+)?`/g)].map(([, field = '']) => field);
    expect(fields.length).toBeGreaterThan(1);
    expect(fields.filter((field) => !crd.includes(`"${field}":`))).toEqual([]);
  });
});

describe('docs/reference/dashboards.md', () => {
  it('is what charts/dashboards make it; else run node tools/reference-dashboards.ts > docs/reference/dashboards.md', () => {
    expect(read('docs/reference/dashboards.md')).toBe(dashboardsReference());
  });
});
