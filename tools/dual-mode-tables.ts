import { readFileSync } from 'node:fs';
import type { ActiveBackend } from '../api/annotations.ts';
import { PANEL_QUERIES } from '../api/metrics/panel-queries.ts';
import { STABLE_METRICS } from '../api/metrics/stable-metrics.ts';
import { servedRuntimes } from '../api/runtimes/choice.ts';
import type { Runtime } from '../api/runtimes/runtime.ts';
import { RUNTIMES } from '../api/runtimes/runtimes.ts';
import { bootstrapFiles } from '../bootstrap/files.ts';
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
  const tables = { runs: runs(), names: names(), lines: factLines(), checks: await checks(), panels: panels(), dashboards: dashboards() };
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
  const rows = STABLE_METRICS.map(({ name, modes, labels, source }) => [
    code(name),
    ...MODES.map((mode) => (modes.length === 0 ? "the app's own" : yes(modes.includes(mode)))),
    labels.map(code).join(' '),
    source.kind === 'recorded' ? 'a rule of Prometheus' : 'the collector',
  ]);
  return markdownTable(['name', ...MODES.map(code), 'labels for queries', 'made by'], rows);
}

/** A text in a program, in most languages. */
const STRING = /(["'`])((?:(?!\1)[^\n])+)\1/g;
/** Stands for a word in such a text. */
const PLACEHOLDER = /\$?\{\w+\}/g;

/** Each fact that `duotel verify` looks for, with the lines of the bootstraps that state it. */
export function factLines(runtimes: readonly Runtime[] = RUNTIMES, readText = read): readonly string[] {
  const languages = servedRuntimes(runtimes);
  const rows = languages.flatMap((runtime) => {
    const said = bootstrapFiles(runtime, readText).flatMap(({ text }) => [...text.matchAll(STRING)].map(([, , line = '']) => line));
    return runtime.log.facts.map((promised) => {
      const pattern = factPattern(promised);
      const matching = said.filter((text) => pattern.test(`duotel[1]: ${text.replaceAll(PLACEHOLDER, '1.0')}`));
      const cells = [promised.fact, [...new Set(matching)].map(code).join('<br>'), promised.modes.map(code).join(' ')];
      return languages.length > 1 ? [runtime.title, ...cells] : cells;
    });
  });
  return markdownTable([...(languages.length > 1 ? ['language'] : []), 'fact', 'line', 'modes'], rows);
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
  const stable: ReadonlySet<string> = new Set(STABLE_METRICS.map(({ name }) => name));
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
  const promised: ReadonlySet<string> = new Set(Object.values(PANEL_QUERIES));
  const rows = llmOverview.panels.flatMap(({ title, description, queries }) =>
    queries.filter(({ expr }) => promised.has(expr)).map(({ expr }) => [title, code(expr), description]),
  );
  return markdownTable(['panel', 'query', 'shows'], rows);
}

function dashboards(): readonly string[] {
  const rows = DASHBOARDS.map(({ title, description, panels }) => [title, description, panels.map((panel) => panel.title).join(', ')]);
  return markdownTable(['dashboard', 'about', 'panels'], rows);
}
