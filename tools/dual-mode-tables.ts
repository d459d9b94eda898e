import { readFileSync } from 'node:fs';
import type { ActiveBackend } from '../api/annotations.ts';
import { SEED_METRICS, SEED_QUERIES } from '../api/metrics/seed.ts';
import { PYTHON } from '../api/runtimes/python.ts';
import { DASHBOARDS } from '../charts/dashboards/index.ts';
import { llmOverview } from '../charts/dashboards/llm-overview.ts';
import type { InjectedWorkload } from '../src/survey/targets.ts';
import { factPattern } from '../src/verify/log-facts.ts';
import { verify } from '../src/verify/verify.ts';
import { code, markdownTable } from './lib/markdown-table.ts';

const MODES = ['openinference', 'openlit', 'both'] as const satisfies readonly ActiveBackend[];
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const yes = (value: boolean): string => (value ? 'yes' : '');

/** The tables of docs/dual-mode.md that are made, by the name that the page gives each. */
export async function dualModeTables(): Promise<Readonly<Record<string, string>>> {
  const tables = { runs: runs(), names: names(), lines: lines(), checks: await checks(), panels: panels(), dashboards: dashboards() };
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.join('\n')]));
}

/** What a run of the example sends in each mode, as the bootstrap's tests expect it. */
function runs(): readonly string[] {
  const source = read('test/golden/python/test_modes.py');
  const expected = [...source.matchAll(/^ {4}"(\w+)": \{"spans": (\d+), "traces": (\d+), "scopes": (.*), "logs": (\d+)\},$/gm)];
  const rows = expected.map(([, mode = '', spans = '', traces = '', scopes = '', logs = '']) => {
    const producers = [...scopes.matchAll(/(O[IL]) \+ "(\w+)"/g)].map(
      ([, producer, library]) => `${producer === 'OI' ? 'OpenInference' : 'OpenLIT'} ${library}`,
    );
    return [code(mode), spans, traces, producers.join(', ') || 'none', logs];
  });
  return markdownTable(['mode', 'spans', 'traces', 'spans are of', 'log records'], rows);
}

function names(): readonly string[] {
  const rows = SEED_METRICS.map(({ name, modes, labels, source }) => [
    code(name),
    ...MODES.map((mode) => (modes.length === 0 ? "the app's own" : yes(modes.includes(mode)))),
    labels.map(code).join(' '),
    source.kind === 'recorded' ? 'a rule of Prometheus' : 'the collector',
  ]);
  return markdownTable(['name', ...MODES.map(code), 'labels for queries', 'made by'], rows);
}

/** Each fact that `duotel verify` looks for, with the lines of the bootstrap that state it. */
function lines(): readonly string[] {
  const source = read('bootstrap/python/duotel_bootstrap/log.py');
  const said = [...source.matchAll(/^(?:[A-Z_]+ = | +"\w+": )"([^"\n]+)",?$/gm)].map(([, line = '']) => line);
  const rows = PYTHON.log.facts.map((promised) => {
    const { fact, modes } = promised;
    const line = factPattern(promised);
    const matching = said.filter((text) => line.test(`duotel[1]: ${text.replaceAll(/\{\w+\}/g, '1.0')}`));
    return [fact, matching.map(code).join('<br>'), modes.map(code).join(' ')];
  });
  return markdownTable(['fact', 'line', 'modes'], rows);
}

/** What `duotel verify` looks for in mode `both`, step by step. */
async function checks(): Promise<readonly string[]> {
  const workload: InjectedWorkload = {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'my-rag',
    backend: 'both',
    bootstrap: 'python',
    stack: 'duotel/duotel',
    service: 'my-rag',
    podLabels: {},
  };
  const found = await verify([workload], {
    logs: async () => [{ pod: 'my-rag', text: '' }],
    prometheus: { query: async () => [] },
    jaeger: { services: async () => ['my-rag'], operations: async () => [], traces: async () => [] },
  });
  const stable: ReadonlySet<string> = new Set(SEED_METRICS.map(({ name }) => name));
  const steps = [...new Set(found.map(({ step }) => step))];
  const rows = steps.map((step) => {
    const looked = found.filter((check) => check.step === step).map(({ what }) => what.replace('my-rag: ', ''));
    const others = looked.filter((what) => !stable.has(what));
    const all = looked.length - others.length;
    return [step, [...(all > 0 ? [`each of the ${all} stable names`] : []), ...others].join('; ')];
  });
  return markdownTable(['step', 'looks for'], rows);
}

/** The four panels whose queries are promised word for word. */
function panels(): readonly string[] {
  const promised: ReadonlySet<string> = new Set(Object.values(SEED_QUERIES));
  const rows = llmOverview.panels.flatMap(({ title, description, queries }) =>
    queries.filter(({ expr }) => promised.has(expr)).map(({ expr }) => [title, code(expr), description]),
  );
  return markdownTable(['panel', 'query', 'shows'], rows);
}

function dashboards(): readonly string[] {
  const rows = DASHBOARDS.map(({ title, description, panels }) => [title, description, panels.map((panel) => panel.title).join(', ')]);
  return markdownTable(['dashboard', 'about', 'panels'], rows);
}
