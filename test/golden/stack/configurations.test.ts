import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { run } from '../../../tools/lib/run.ts';
import { configMapFile } from '../../support/processes/stack-processes.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';
import { complaints } from '../../support/stacks/validate-configurations.ts';
import { RULE_TEST_BUDGET, RULE_TESTS } from '../../support/telemetry/rule-tests.ts';

const BUILD_LIMIT_MS = 45 * 60_000;

let programs: Awaited<ReturnType<typeof ensureBinaries<'promtool'>>>;
let folder: string;

beforeAll(async () => {
  programs = await ensureBinaries(['promtool']);
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

describe.each(Object.entries(STACK_INPUTS))('the configurations of the stack "%s"', (_, spec) => {
  it('are accepted by the real programs', async () => {
    expect(await complaints(synthStack({ name: 'duotel', namespace: 'duotel', spec: resolveStackSpec(spec) }))).toEqual([]);
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
