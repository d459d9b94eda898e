import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveStackSpec } from '../../../../api/telemetry-stack.ts';
import { synthStack } from '../../../../charts/synth-stack.ts';
import { type Bundle, bundleProgram } from '../../../../tools/bundle/bundle-program.ts';
import { PROGRAMS } from '../../../../tools/bundle/programs.ts';
import { pairwise } from '../../../support/stacks/pairwise.ts';
import { STACK_INPUTS } from '../../../support/stacks/stack-inputs.ts';
import { excludedPair, SETTINGS, specOf } from '../../../support/stacks/stack-settings.ts';

const OPERATOR = PROGRAMS['operator.mjs'];
let folder: string;
let operator: Bundle;
let commandLine: Bundle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-bundle-'));
  [operator, commandLine] = await Promise.all([bundleProgram(OPERATOR), bundleProgram(PROGRAMS['duotel.mjs'])]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packages that a bundle holds code of. */
function packages({ weights }: Bundle): readonly string[] {
  const names = Object.entries(weights).flatMap(([path, bytes]) =>
    bytes === 0 ? [] : [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name ?? ''),
  );
  return [...new Set(names)].sort();
}

/** Our own folders that a bundle holds code of. */
function folders({ weights }: Bundle): readonly string[] {
  const paths = Object.entries(weights).flatMap(([path, bytes]) => (bytes === 0 || /node_modules\/|^[<a-z-]+:/.test(path) ? [] : [path]));
  return [
    ...new Set(
      paths.map((path) =>
        path
          .split('/')
          .slice(0, path.startsWith('src/') ? 2 : 1)
          .join('/'),
      ),
    ),
  ].sort();
}

/** Runs a program of one file. */
function run(bytes: Uint8Array, input: string): string {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, bytes);
  return execFileSync(process.execPath, [file], { encoding: 'utf8', input, maxBuffer: 1 << 28 });
}

describe("the operator's program", () => {
  it('holds no command line, no library of dashboards, no validator of schemas and no credentials of people', () => {
    expect(packages(operator)).toEqual([
      '@kubernetes/client-node',
      'cdk8s',
      'cdk8s-plus-28',
      'constructs',
      'fast-json-patch',
      'js-yaml',
      'prom-client',
      'undici',
      'yaml',
    ]);
    expect(packages(commandLine)).toEqual(expect.arrayContaining(['ajv', 'commander', 'openid-client']));
    expect(folders(operator)).toEqual([
      'api',
      'bootstrap',
      'charts',
      'src/apply',
      'src/controller',
      'src/inject',
      'src/kube',
      'src/operator',
      'src/stacks',
      'src/workloads',
    ]);
  });

  it('wants the very objects of a stack that `cdk8s synth` renders from the sources, for each two settings together', async () => {
    const rows = pairwise(SETTINGS, excludedPair).map((row) =>
      specOf(row.flatMap((value, index) => SETTINGS[index]?.values[value] ?? []).map(({ value }) => value)),
    );
    const specs = [...Object.values(STACK_INPUTS), ...rows];
    const { bytes } = await bundleProgram({ ...OPERATOR, entry: 'test/support/stacks/synth-specs.ts' });
    const bundled = JSON.parse(run(bytes, JSON.stringify(specs))) as readonly unknown[];
    const live = specs.map((spec) => synthStack({ name: 'duotel', namespace: 'duotel', spec: resolveStackSpec(spec) }));
    expect(bundled).toHaveLength(live.length);
    // By their bytes: the order of fields is one of a configuration file, too.
    expect(bundled.map((stack) => JSON.stringify(stack))).toEqual(live.map((stack) => JSON.stringify(stack)));
  });

  it('says of a kubeconfig with the credentials of a person that it does not know them, and what does', async () => {
    const [kubeconfig, program] = [join(folder, 'kubeconfig'), join(folder, 'operator.mjs')];
    const config = {
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { 'auth-provider': { name: 'oidc', config: {} } } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    writeFileSync(program, operator.bytes);
    const child = spawn(process.execPath, [program, '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:0']);
    try {
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      expect(JSON.parse(line.split('\n')[0] ?? '')).toMatchObject({
        message: 'waiting for the TelemetryStack CRD',
        error: expect.stringContaining('the auth provider "oidc", which the operator\'s program does not know: run `duotel operator`'),
      });
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('a bundle', () => {
  it('is the same each time that it is made', async () => {
    expect((await bundleProgram(OPERATOR)).bytes.equals(operator.bytes)).toBe(true);
  });

  it('has no line that would fill a screen with the trace of a crash', () => {
    const longest = Math.max(
      ...operator.bytes
        .toString()
        .split('\n')
        .map(({ length }) => length),
    );
    expect(longest).toBeLessThan(5000);
  });
});
