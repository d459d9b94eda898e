import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROMETHEUS_RULES_DIRECTORY } from '../../../charts/config/prometheus.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { run } from '../../../tools/lib/run.ts';
import { RULE_TEST_BUDGET, RULE_TESTS } from '../../support/rule-tests.ts';
import { STACK_INPUTS } from '../../support/stack-inputs.ts';
import { configMapFile } from '../../support/stack-processes.ts';

const BUILD_LIMIT_MS = 45 * 60_000;

let programs: Awaited<ReturnType<typeof ensureBinaries<'otelcol' | 'jaeger' | 'promtool'>>>;
let folder: string;

beforeAll(async () => {
  programs = await ensureBinaries(['otelcol', 'jaeger', 'promtool']);
  folder = mkdtempSync(join(tmpdir(), 'duotel-config-'));
}, BUILD_LIMIT_MS);

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What a program says against its input; nothing when it accepts it. */
async function complaint(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args);
  return code === 0 ? '' : `${stdout}${stderr}`;
}

describe.each(Object.entries(STACK_INPUTS))('the configurations of the stack "%s" are accepted by', (_, spec) => {
  it('otelcol validate', async () => {
    const config = file('collector.yaml', configMapFile(spec, 'duotel-collector', 'config.yaml'));
    expect(await complaint(programs.otelcol, ['validate', `--config=${config}`])).toBe('');
  });

  it('jaeger validate', async () => {
    const config = file('jaeger.yaml', configMapFile(spec, 'duotel-jaeger', 'config.yaml'));
    expect(await complaint(programs.jaeger, ['validate', `--config=${config}`])).toBe('');
  });

  it('promtool check config, with the rules it names', async () => {
    mkdirSync(join(folder, 'rules'), { recursive: true });
    for (const rules of ['names.yaml', 'alerts.yaml']) file(`rules/${rules}`, configMapFile(spec, 'duotel-prometheus-rules', rules));
    const text = configMapFile(spec, 'duotel-prometheus', 'prometheus.yml').replace(PROMETHEUS_RULES_DIRECTORY, join(folder, 'rules'));
    expect(await complaint(programs.promtool, ['check', 'config', '--lint=all', '--lint-fatal', file('prometheus.yml', text)])).toBe('');
  });
});

describe('the rules', () => {
  it.each(RULE_TESTS)('$name', async ({ test }) => {
    const spec = { alerts: { monthlyCostBudget: RULE_TEST_BUDGET } };
    const rule_files = ['names.yaml', 'alerts.yaml'].map((name) => file(name, configMapFile(spec, 'duotel-prometheus-rules', name)));
    // JSON is YAML.
    const path = file('rules_test.yaml', JSON.stringify({ rule_files, evaluation_interval: '15s', tests: [test] }));
    expect(await complaint(programs.promtool, ['test', 'rules', path])).toBe('');
  });
});
