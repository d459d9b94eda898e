import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PYTHON } from '../../api/runtimes/python.ts';
import { bootstrapFiles } from '../../bootstrap/files.ts';
import { ensurePythonEnvironment } from '../../tools/python/uv.ts';

/** The tests of test/golden/python against the real packages; each of them is a test here. They run before jest asks for names. */
const ROOT = join(import.meta.dirname, '../..');
const TESTS = join(ROOT, 'test/golden/python');
const LIMIT_MS = 45 * 60_000;

interface Row {
  readonly id: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

/** The files as the kubelet mounts a ConfigMap with `items`: every top entry is a link through `..data`. */
function mountLike(folder: string): void {
  const files = bootstrapFiles(PYTHON);
  for (const { path, text } of files) {
    const file = join(folder, '..2026_11_22', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o444 });
  }
  symlinkSync('..2026_11_22', join(folder, '..data'));
  for (const top of new Set(files.map(({ path }) => path.split('/', 1)[0] ?? path))) symlinkSync(`..data/${top}`, join(folder, top));
}

async function runPytest(): Promise<{ readonly rows: readonly Row[]; readonly output: string; readonly code: number | null }> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'duotel-python-'));
  try {
    const requirements = ['examples/rag-python/requirements.txt', 'test/golden/python/requirements.txt'];
    const python = await ensurePythonEnvironment(
      requirements.map((path) => readFileSync(join(ROOT, path), 'utf8')),
      say,
    );
    const mount = join(folder, 'mount');
    mkdirSync(mount);
    mountLike(mount);
    const report = join(folder, 'report.jsonl');
    writeFileSync(report, '');
    say('running test/golden/python against the real packages (about 5 min)');
    const { output, code } = await program(python, ['-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', TESTS], {
      ...process.env,
      DUOTEL_TEST_REPORT: report,
      DUOTEL_TEST_MOUNT: mount,
    });
    const rows = readFileSync(report, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
    return { rows, output, code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function program(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly output: string; readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { cwd: TESTS, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}

/** `test_modes.py::test_a_b[openlit]` as a sentence: `a b (openlit)`. */
function sentence(id: string): string {
  const [, name = id, parameters] = /::test_([^[]+)(?:\[(.*)\])?$/s.exec(id) ?? [];
  return name.replaceAll('_', ' ') + (parameters === undefined ? '' : ` (${parameters})`);
}

const { rows, output, code } = await runPytest();

describe('the Python bootstrap', () => {
  it('is tested to the end', () => {
    if (rows.length === 0 || (code !== 0 && code !== 1)) throw new Error(`pytest ended with ${code}:\n${output.slice(-4000)}`);
    expect(rows.length).toBeGreaterThan(80);
  });

  for (const { id, outcome, detail } of rows) {
    const test = outcome === 'skipped' ? it.skip : it;
    test(sentence(id), () => {
      if (outcome === 'failed') throw new Error(detail);
    });
  }
});
