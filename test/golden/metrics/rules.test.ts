import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { run } from '../../../tools/lib/run.ts';
import { configMapFile } from '../../support/processes/stack-processes.ts';
import { VERSION_RULE_TESTS } from '../../support/telemetry/version-rule-tests.ts';

const BUILD_LIMIT_MS = 45 * 60_000;

let promtool: string;
let folder: string;

beforeAll(async () => {
  ({ promtool } = await ensureBinaries(['promtool']));
  folder = mkdtempSync(join(tmpdir(), 'duotel-rules-'));
  writeFileSync(join(folder, 'names.yaml'), configMapFile({}, 'duotel-prometheus-rules', 'names.yaml'));
}, BUILD_LIMIT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the recording rules', () => {
  it.each(VERSION_RULE_TESTS)('$name', async ({ test }) => {
    const path = join(folder, 'rules_test.yaml');
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ rule_files: [join(folder, 'names.yaml')], evaluation_interval: '15s', tests: [test] }));
    const { code, stdout, stderr } = await run(promtool, ['test', 'rules', path]);
    expect(code === 0 ? '' : `${stdout}${stderr}`).toBe('');
  });
});
