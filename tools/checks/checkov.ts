import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../lib/run.ts';
import { ensurePythonEnvironment } from '../python/uv.ts';
import type { Finding } from './finding.ts';

interface Report {
  readonly results: {
    readonly failed_checks: readonly { readonly check_id: string; readonly check_name: string; readonly resource: string }[];
    readonly parsing_errors: readonly string[];
  };
  readonly summary: { readonly passed: number };
}

/** What checkov holds against the manifests below a folder. It is installed into the cache on first use, and runs without network. */
export async function checkov(folder: string): Promise<readonly Finding[]> {
  const requirements = readFileSync(join(import.meta.dirname, 'requirements.txt'), 'utf8').split('\n');
  const python = await ensurePythonEnvironment(requirements, (line) => process.stderr.write(`${line}\n`));
  const args = [
    '-m',
    'checkov.main',
    '--directory',
    folder,
    '--framework',
    'kubernetes',
    '--output',
    'json',
    '--compact',
    '--skip-download',
  ];
  const { stdout, stderr } = await run(python, args, {
    env: { PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`, LOG_LEVEL: 'ERROR', CHECKOV_RUN_SCA_PACKAGE_SCAN_V2: 'false' },
    timeoutMs: 300_000,
  });
  const report = reportOf(stdout);
  // With nothing read it says `{"passed": 0, ...}` and no results.
  if (report === undefined) throw new Error(`checkov: no report of ${folder}: ${(stderr || stdout).slice(-2000)}`);
  if (report.results.parsing_errors.length > 0) throw new Error(`checkov: cannot read ${report.results.parsing_errors.join(', ')}`);
  return report.results.failed_checks.map(({ check_id, check_name, resource }): Finding => {
    const [kind = '', ...rest] = resource.split('.');
    return { checker: 'checkov', check: check_id, object: `${kind}/${rest.at(-1) ?? ''}`, found: check_name };
  });
}

function reportOf(stdout: string): Report | undefined {
  if (!stdout.trimStart().startsWith('{')) return undefined;
  const report = JSON.parse(stdout) as Partial<Report>;
  return report.results === undefined || (report.summary?.passed ?? 0) === 0 ? undefined : (report as Report);
}
